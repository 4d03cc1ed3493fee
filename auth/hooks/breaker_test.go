package hooks

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap/zaptest/observer"

	"relay/auth/hooks/hooktest"
)

// sick is a web server that misbehaves until it is well, and counts how often it was
// asked.
type sick struct {
	*httptest.Server
	asked atomic.Int32
	well  atomic.Bool
}

func newSick(t *testing.T, misbehave func(w http.ResponseWriter, r *http.Request)) *sick {
	s := &sick{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		io.Copy(io.Discard, r.Body)
		if s.well.Load() {
			w.Header().Set("icecast-auth-user", "1")
			return
		}
		misbehave(w, r)
	}))
	t.Cleanup(s.Close)
	t.Cleanup(s.CloseClientConnections)
	return s
}

// questions are all kinds of questions. Each call has another password.
var questions = map[string]func(ctx context.Context, h *Hooks, address string) Verdict{
	"listener": func(ctx context.Context, h *Hooks, address string) Verdict {
		return listen(ctx, h, address, "ann", rand.Text())
	},
	"source": func(ctx context.Context, h *Hooks, address string) Verdict {
		return send(ctx, h, address, "ann", rand.Text())
	},
}

// No answer is neither a yes nor a no. Nobody waits for a hook that is known to be down.
// The log has one line when it goes down and one when it is back.
func TestHookGivesNoAnswer(t *testing.T) {
	for illness, misbehave := range hooktest.Unanswering {
		for about, ask := range questions {
			t.Run(illness+" about a "+about, func(t *testing.T) {
				t.Parallel()
				s := newSick(t, misbehave)
				h, logs := newHooks(t)
				h.Timeout = 200 * time.Millisecond
				began := time.Now()
				const clients = 100
				for range clients {
					checkNoAnswer(t, ask(t.Context(), h, s.URL))
				}
				// The first are waited for, and then one after each pause.
				if n, most := s.asked.Load(), maxFailures+int32(time.Since(began)/shortestPause)+1; n > most {
					t.Errorf("%d of %d were asked about, at most %d are wanted", n, clients, most)
				}
				s.well.Store(true)
				for deadline := time.Now().Add(20 * time.Second); ask(t.Context(), h, s.URL).Answer != Yes; {
					if time.Now().After(deadline) {
						t.Fatal("the hook is well, and not asked again")
					}
					time.Sleep(20 * time.Millisecond)
				}
				checkLines(t, logs, "a hook does not answer: the logins that it decides are refused with 503", 1)
				checkLines(t, logs, "a hook answers again", 1)
				if yes, no, redirect, none := h.Answers(); yes != 1 || no != 0 || redirect != 0 || none < clients {
					t.Errorf("counted %d yes, %d no, %d none", yes, no, none)
				}
			})
		}
	}
}

func checkNoAnswer(t testing.TB, v Verdict) {
	t.Helper()
	if v.Answer != None || v.Reason == "" || v.Message != "" || v.Location != "" {
		t.Fatalf("%+v", v)
	}
}

func checkLines(t testing.TB, logs *observer.ObservedLogs, message string, want int) {
	t.Helper()
	if got := logs.FilterMessage(message).Len(); got != want {
		t.Errorf("%d lines %q, want %d", got, message, want)
	}
}

// A no stays a no, and does not mean that the hook is down.
func TestHookSaysNo(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"0": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("icecast-auth-user", "0") },
		"0 with 500": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("icecast-auth-user", "0")
			w.WriteHeader(500)
		},
		"nothing with 200": func(w http.ResponseWriter, _ *http.Request) {},
		"401":              func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) },
		"403":              func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) },
		"404":              func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSick(t, answer)
			h, _ := newHooks(t)
			for range 2 * maxFailures {
				for about, ask := range questions {
					if v := ask(t.Context(), h, s.URL); v.Answer != No {
						t.Errorf("%s: %+v", about, v)
					}
				}
			}
			s.well.Store(true)
			checkVerdict(t, questions["listener"](t.Context(), h, s.URL), "")
		})
	}
}

// A body that never ends is not waited for: the head has said everything.
func TestBodyOfAnAnswerIsNotWaitedFor(t *testing.T) {
	s := newSick(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("icecast-auth-user", "1")
		w.WriteHeader(200)
		w.(http.Flusher).Flush()
		for r.Context().Err() == nil {
			io.WriteString(w, "x")
			w.(http.Flusher).Flush()
			time.Sleep(20 * time.Millisecond)
		}
	})
	h, _ := newHooks(t)
	began := time.Now()
	checkVerdict(t, questions["listener"](t.Context(), h, s.URL), "")
	if took := time.Since(began); took > exchangeTimeout/2 {
		t.Errorf("let in after %v", took)
	}
}

// A hook that fails on one question, among others that it answers, is not down.
func TestOneBadQuestionIsNoOutage(t *testing.T) {
	s := newSick(t, func(w http.ResponseWriter, r *http.Request) {})
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		if strings.HasPrefix(r.FormValue("user"), "bad") {
			w.WriteHeader(500)
			return
		}
		w.Header().Set("icecast-auth-user", "1")
	})
	h, _ := newHooks(t)
	for i := range 20 {
		checkNoAnswer(t, listen(t.Context(), h, s.URL, fmt.Sprint("bad", i), "x"))
		checkVerdict(t, questions["listener"](t.Context(), h, s.URL), "")
	}
}

// However many notices a hook misses, the log has one line.
func TestLostNoticesAreLoggedOnce(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	h, logs := newHooks(t)
	for range 200 {
		h.SourceCame("http://"+l.Addr().String(), "/url.mp3")
	}
	run(t, h)()
	if n := logs.FilterMessageSnippet("was not told").Len(); n != 1 {
		t.Errorf("%d lines", n)
	}
}
