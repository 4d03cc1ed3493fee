package api

import (
	"net/http"
	"strings"
	"testing"
)

type statusAnswer struct {
	Mounts    []Mount
	Listeners *int
}

func TestStatusShowsWhatIsOnTheAir(t *testing.T) {
	s := newStation(t, house)
	in := s.broadcast(t, "/live", "source", "First - One")
	s.listen(t, "/live", "192.0.2.1", "VLC")
	in.SetTitle(titled("Second - Two"))
	got := read[statusAnswer](t, s.ask(t, "GET", "/status", ""), 200)
	if len(got.Mounts) != 1 || *got.Listeners != 1 {
		t.Fatalf("%+v", got)
	}
	m := got.Mounts[0]
	if m.Name != "/live" || m.Title != "The station" || m.State != "live" || m.Playing.Text != "Second - Two" ||
		*m.Listeners != 1 || m.BitRate != 128 || m.SampleRate != 44100 || m.Channels != 2 || m.ListenURL != "http://localhost:8000/live" {
		t.Errorf("%+v", m)
	}
	if len(m.History) != 2 || m.History[0].Text != "Second - Two" || m.History[1].Text != "First - One" || m.Playing.Since != m.History[0].Since {
		t.Errorf("history %+v", m.History)
	}
}

func TestHiddenMountsAreForOperators(t *testing.T) {
	s := newStation(t, house)
	s.broadcast(t, "/hidden", "source", "")
	s.listen(t, "/hidden", "192.0.2.1", "VLC")
	if got := read[statusAnswer](t, s.ask(t, "GET", "/status", ""), 200); len(got.Mounts) != 0 || *got.Listeners != 0 {
		t.Errorf("everyone sees %+v", got)
	}
	if got := read[statusAnswer](t, s.ask(t, "GET", "/status", "", operator), 200); len(got.Mounts) != 1 || *got.Listeners != 1 {
		t.Errorf("the operator sees %+v", got)
	}
	refused(t, s.ask(t, "GET", "/mounts/hidden/titles", ""), 404)
	if w := s.ask(t, "GET", "/mounts/hidden/titles", "", operator); w.Code != 200 {
		t.Errorf("the operator's titles: %d", w.Code)
	}
}

func TestListenersCanBeKeptFromThePublic(t *testing.T) {
	s := newStation(t, house+"[page]\nshow_listeners = false\n")
	s.broadcast(t, "/live", "source", "")
	w := s.ask(t, "GET", "/status", "")
	if strings.Contains(w.Body.String(), `"listeners"`) {
		t.Errorf("everyone sees %s", w.Body)
	}
	if got := read[statusAnswer](t, s.ask(t, "GET", "/status", "", operator), 200); got.Listeners == nil || got.Mounts[0].Listeners == nil {
		t.Errorf("the operator sees %+v", got)
	}
}

func TestAnswersSayWhatTheyAre(t *testing.T) {
	s := newStation(t, house)
	for _, test := range []struct {
		method, path string
		status       int
		origin       string
	}{
		{"GET", "/status", 200, "*"},
		{"HEAD", "/status", 200, "*"},
		{"GET", "/server", 401, ""},
		{"GET", "/nothing", 404, ""},
		{"POST", "/status", 405, ""},
		{"OPTIONS", "/status", 204, ""},
	} {
		w := s.ask(t, test.method, test.path, "")
		if w.Code != test.status {
			t.Errorf("%s %s: status %d", test.method, test.path, w.Code)
		}
		if got := w.Header().Get("Access-Control-Allow-Origin"); got != test.origin {
			t.Errorf("%s %s: open to %q", test.method, test.path, got)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s: %v", test.method, test.path, w.Header())
		}
		if test.status > 400 {
			refused(t, w, test.status)
		}
	}
	if got := s.ask(t, "POST", "/status", "").Header().Get("Allow"); got != "GET, HEAD, OPTIONS" {
		t.Errorf("Allow: %q", got)
	}
	if got := s.ask(t, "PATCH", "/session", "").Header().Get("Allow"); got != "DELETE, GET, HEAD, OPTIONS, POST" {
		t.Errorf("Allow: %q", got)
	}
	if w := s.ask(t, "GET", "/server", ""); !strings.Contains(strings.Join(w.Header().Values("WWW-Authenticate"), " "), "Basic") {
		t.Error("programs are not asked for a login")
	}
	w := s.ask(t, "GET", "/server", "", header("Sec-Fetch-Mode", "cors"))
	if got := w.Header().Get("WWW-Authenticate"); w.Code != http.StatusUnauthorized || strings.Contains(got, "Basic") {
		t.Errorf("the browser would ask for a login: %q", got)
	}
}
