package auth

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"
)

// The hook that let a session in is asked about it again, though not often, and its no
// ends the session. While it gives no answer the session stays, but may change nothing.
func TestSessionOfAHook(t *testing.T) {
	answer := "1"
	var questions atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		questions.Add(1)
		switch {
		case r.FormValue("pass") != "secret" || r.FormValue("ip") != "192.0.2.1":
			w.Header().Set("icecast-auth-user", "0")
		case answer == "":
			w.WriteHeader(http.StatusBadGateway)
		default:
			w.Header().Set("icecast-auth-user", answer)
		}
	}))
	defer s.Close()
	g := hookGate(t, s.URL)
	all := NewSessions(g)
	now := time.Now()
	all.now = func() time.Time { return now }
	token, begun := all.Begin(Session{User: "dj", Mount: "/url.mp3"}.With("secret", netip.MustParseAddr("192.0.2.1")))
	if begun.password != "" {
		t.Error("the password is shown")
	}
	uses := func(n int) (asked int32) {
		before := questions.Load()
		for range n {
			found, ok := all.Find(token)
			if !ok || found != begun {
				t.Fatalf("found %+v, %v", found, ok)
			}
		}
		return questions.Load() - before
	}
	if n := uses(100); n != 0 {
		t.Errorf("asked %d times at once", n)
	}
	now = now.Add(hookWordLasts)
	if n := uses(100); n != 1 {
		t.Errorf("asked %d times later", n)
	}
	if err := all.Confirm(token); err != nil || questions.Load() != 1 {
		t.Errorf("asked %d times, %v", questions.Load(), err)
	}
	now = now.Add(hookWordFresh)
	if err := all.Confirm(token); err != nil || questions.Load() != 2 {
		t.Errorf("asked %d times, %v", questions.Load(), err)
	}

	answer = ""
	now = now.Add(hookWordLasts)
	uses(1)
	var refusal *Refusal
	if err := all.Confirm(token); !errors.As(err, &refusal) || !refusal.Unavailable {
		t.Errorf("a change while the hook is down: %v", err)
	}
	answer = "0"
	if _, ok := all.Find(token); ok {
		t.Error("the session outlives the hook's no")
	}
	answer = "1"
	if err := all.Confirm(token); err == nil || len(all.open) != 0 {
		t.Errorf("it is back: %v", err)
	}

	// It is not asked about other sessions, whose passwords are not kept.
	for _, other := range []Session{{User: "admin", Operator: true}, {User: "source", Mount: "/other"}} {
		token, _ := all.Begin(other.With("secret", netip.MustParseAddr("192.0.2.1")))
		for _, kept := range all.open {
			if kept.password != "" {
				t.Errorf("the password of %+v is kept", other)
			}
		}
		before := questions.Load()
		now = now.Add(time.Hour)
		if _, ok := all.Find(token); !ok || questions.Load() != before {
			t.Errorf("%+v: found %v", other, ok)
		}
	}
}
