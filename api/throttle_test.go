package api

import (
	"fmt"
	"testing"
)

// Who guesses is told when to come again, as it is described; whoever has
// logged in before is let in meanwhile.
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
			t.Fatal("nobody slows guesses down")
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
		t.Errorf("the operator, who was let in before: %d", w.Code)
	}
	if w := s.ask(t, "GET", "/status", ""); w.Code != 200 {
		t.Errorf("what needs no login: %d", w.Code)
	}
}
