package api

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"relay/auth"
)

// A client that guesses is told when to try again, as described; a client that has
// logged in before is admitted meanwhile.
func TestGuessesAreAnsweredAsDescribed(t *testing.T) {
	s := newStation(t, house)
	d := newDescription(t)
	if w := s.ask(t, "GET", "/server", "", operator); w.Code != 200 {
		t.Fatal(w.Body)
	}
	for n := 0; ; n++ {
		w := s.ask(t, "GET", "/server", "", login("admin", fmt.Sprint(n)))
		if w.Code == 429 {
			break
		}
		if refused(t, w, 401); n > 20 {
			t.Fatal("guesses are not slowed down")
		}
	}
	for _, w := range []deed{
		{method: "GET", path: "/server"}, {method: "POST", path: "/reload"}, {method: "GET", path: "/mounts/live/studio"},
	} {
		answer := s.ask(t, w.method, w.path, "", login("admin", "another"))
		refused(t, answer, 429)
		d.fits(t, templateOf(w), w.method, answer)
		if answer.Header().Get("Retry-After") == "" {
			t.Errorf("%s %s does not say when to come again", w.method, w.path)
		}
	}
	answer := s.ask(t, "POST", "/session", `{"user":"admin","password":"a guess"}`)
	refused(t, answer, 429)
	d.fits(t, "/session", "POST", answer)
	if w := s.ask(t, "GET", "/server", "", operator); w.Code != 200 {
		t.Errorf("the operator, who had logged in before: %d", w.Code)
	}
	if w := s.ask(t, "GET", "/status", ""); w.Code != 200 {
		t.Errorf("an operation without a login: %d", w.Code)
	}
}

// A login that the server had no time to check may be right: a program is asked to
// try it again, not to send another.
func TestABusyServerIsToBeAskedAgain(t *testing.T) {
	s := newStation(t, house)
	d := newDescription(t)
	w := httptest.NewRecorder()
	c := &call{w: w, r: httptest.NewRequest("GET", prefix+"/server", nil)}
	err := s.Handlers.unauthorized(c, &auth.Refusal{Busy: true, RetryAfter: 5 * time.Second})
	p, ok := err.(*Problem)
	if !ok {
		t.Fatalf("%v", err)
	}
	p.write(w, c.r)
	if w.Code != 503 || w.Header().Get("Retry-After") != "5" || w.Header().Get("WWW-Authenticate") != "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	d.fits(t, "/server", "GET", w)
	for _, op := range operations {
		answers, _ := d.at("paths", op.path, strings.ToLower(op.method), "responses")
		if _, slowed := answers["429"]; slowed && answers["503"] == nil {
			t.Errorf("%s %s is described as never busy", op.method, op.path)
		}
	}
}
