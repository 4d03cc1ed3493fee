package api

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"relay/mounts"
)

// A deed is a valid request for one operation, to a station where /live has a source
// and a listener and a second mount plays.
type deed struct {
	method, path, body string
	want               string // the status for each of who
}

// methods are those with the same statuses: GET implies HEAD.
func (d deed) methods() []string {
	if d.method == http.MethodGet {
		return []string{http.MethodGet, http.MethodHead}
	}
	return []string{d.method}
}

// who are the callers, in the order of the columns of deeds.
var who = []string{
	"nobody", "a wrong password", "the operator's Basic", "a token", "the operator's session", "that without its CSRF header",
	"the operator's Basic from another site", "the source's Basic", "the session of that mount's DJ", "that of another's DJ",
}

// deeds is the table of who may do what, cell by cell.
var deeds = []deed{
	//                                                  nobody wrong basic token session csrf site source dj other
	{"GET", "/openapi.json", "", "200 200 200 200 200 200 200 200 200 200"},
	{"GET", "/status", "", "200 200 200 200 200 200 200 200 200 200"},
	{"HEAD", "/events", "", "200 200 200 200 200 200 200 200 200 200"},
	{"POST", "/session", `{"user":"admin","password":"operator"}`, "201 201 201 201 201 201 403 201 201 201"},
	{"GET", "/session", "", "401 401 401 401 200 200 401 401 200 200"},
	{"DELETE", "/session", "", "401 401 401 401 204 403 403 401 204 204"},
	{"GET", "/server", "", "401 401 200 200 200 200 200 401 403 403"},
	{"GET", "/sources", "", "401 401 200 200 200 200 200 401 403 403"},
	{"GET", "/mounts", "", "401 401 200 200 200 200 200 401 403 403"},
	{"GET", "/mounts/live", "", "401 401 200 200 200 200 200 401 403 403"},
	{"PUT", "/mounts/live", `{"title":"New"}`, "401 401 200 200 200 403 403 401 403 403"},
	{"PATCH", "/mounts/live", `{"title":"New"}`, "401 401 200 200 200 403 403 401 403 403"},
	{"DELETE", "/mounts/live", "", "401 401 204 204 204 403 403 401 403 403"},
	{"DELETE", "/mounts/live/source", "", "401 401 204 204 204 403 403 401 403 403"},
	{"GET", "/mounts/live/listeners", "", "401 401 200 200 200 200 200 401 403 403"},
	{"DELETE", "/mounts/live/listeners/ID", "", "401 401 204 204 204 403 403 401 403 403"},
	{"POST", "/mounts/live/listeners/move", `{"to":"/own"}`, "401 401 200 200 200 403 403 401 403 403"},
	{"GET", "/mounts/live/titles", "", "200 200 200 200 200 200 200 200 200 200"},
	{"GET", "/mounts/live/cover", "", "200 200 200 200 200 200 200 200 200 200"},
	{"PUT", "/mounts/live/title", `{"title":"New"}`, "401 401 204 204 204 403 403 204 204 403"},
	{"GET", "/mounts/live/queue", "", "401 401 200 200 200 200 200 401 403 403"},
	{"POST", "/mounts/live/queue", `{"file":"a.mp3"}`, "401 401 204 204 204 403 403 401 403 403"},
	{"GET", "/mounts/live/unplayable", "", "401 401 200 200 200 200 200 401 403 403"},
	{"DELETE", "/mounts/live/queue", "", "401 401 204 204 204 403 403 401 403 403"},
	{"POST", "/mounts/live/skip", "", "401 401 204 204 204 403 403 401 403 403"},
	{"PUT", "/mounts/live/fallbacks", `{"fallbacks":["files"]}`, "401 401 200 200 200 403 403 401 403 403"},
	{"GET", "/mounts/live/recordings", "", "401 401 200 200 200 200 200 401 403 403"},
	{"GET", "/mounts/live/recordings/" + recorded, "", "401 401 200 200 200 200 200 401 403 403"},
	{"DELETE", "/mounts/live/recordings/" + recorded, "", "401 401 204 204 204 403 403 401 403 403"},
	{"GET", "/mounts/live/studio", "", "401 401 200 200 200 200 200 200 200 403"},
	{"GET", "/bans?limit=10", "", "401 401 200 200 200 200 200 401 403 403"},
	{"POST", "/bans", `{"address":"198.51.100.0/24","seconds":60}`, "401 401 201 201 201 403 403 401 403 403"},
	{"DELETE", "/bans/198.51.100.7", "", "401 401 204 204 204 403 403 401 403 403"},
	{"GET", "/reports/listening", "", "401 401 200 200 200 200 200 401 403 403"},
	{"GET", "/reports/titles?mount=/live&limit=10", "", "401 401 200 200 200 200 200 401 403 403"},
	{"GET", "/reports/title-totals", "", "401 401 200 200 200 200 200 401 403 403"},
	{"GET", "/reports/sources?format=csv", "", "401 401 200 200 200 200 200 401 403 403"},
	{"GET", "/reports/players", "", "401 401 200 200 200 200 200 401 403 403"},
	{"GET", "/history/listeners?step=3600", "", "401 401 200 200 200 200 200 401 403 403"},
	{"GET", "/log?lines=5", "", "401 401 200 200 200 200 200 401 403 403"},
	{"GET", "/configuration", "", "401 401 200 200 200 200 200 401 403 403"},
	{"POST", "/reload", "", "401 401 200 200 200 403 403 401 403 403"},
}

// onAir returns a station in the state that deeds expect, and the path of a deed
// there.
func onAir(t testing.TB, d deed) (s *station, path string) {
	t.Helper()
	s = newStation(t, house)
	s.broadcast(t, "/live", "source", "One").SetCover(mounts.NewCover([]byte(picture)))
	s.broadcast(t, "/own", "dj", "Two")
	if _, err := s.Gate.Ban(netip.MustParsePrefix("198.51.100.7/32"), time.Time{}); err != nil {
		t.Fatal(err)
	}
	l := s.listen(t, "/live", "192.0.2.1", "VLC")
	return s, strings.Replace(d.path, "ID", fmt.Sprint(l.ID), 1)
}

func TestWhoMayDoWhat(t *testing.T) {
	for _, d := range deeds {
		for column, want := range strings.Fields(d.want) {
			s, path := onAir(t, d)
			var with []sender
			switch who[column] {
			case "a wrong password":
				with = []sender{login("admin", "wrong")}
			case "the operator's Basic":
				with = []sender{operator}
			case "a token":
				with = []sender{header("Authorization", "Bearer token-of-a-program")}
			case "the operator's session":
				cookie, csrf := s.logIn(t, "admin", "operator", "")
				with = []sender{cookie, csrf}
			case "that without its CSRF header":
				cookie, _ := s.logIn(t, "admin", "operator", "")
				with = []sender{cookie}
			case "the operator's Basic from another site":
				with = []sender{operator, header("Origin", "http://evil.example")}
			case "the source's Basic":
				with = []sender{login("source", "hackme")}
			case "the session of that mount's DJ":
				cookie, csrf := s.logIn(t, "source", "hackme", "/live")
				with = []sender{cookie, csrf}
			case "that of another's DJ":
				cookie, csrf := s.logIn(t, "dj", "own", "/own")
				with = []sender{cookie, csrf}
			}
			for _, method := range d.methods() {
				w := s.ask(t, method, path, d.body, with...)
				if got := fmt.Sprint(w.Code); got != want {
					t.Errorf("%s %s by %s: %s, want %s: %s", method, d.path, who[column], got, want, w.Body)
				}
			}
		}
	}
}

// Every operation has a row in the table.
func TestEveryOperationIsADeed(t *testing.T) {
	for _, op := range operations {
		found := slices.ContainsFunc(deeds, func(d deed) bool {
			return slices.Contains(op.methods(), d.method) && templateOf(d) == op.path
		})
		if !found {
			t.Errorf("no deed tries %s %s", op.method, op.path)
		}
	}
}

// fits reports whether a path matches a template.
func fits(template, path string) bool {
	path, _, _ = strings.Cut(path, "?")
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && !strings.HasPrefix(want[i], "{") {
			return false
		}
	}
	return true
}

func TestSessionCookie(t *testing.T) {
	s := newStation(t, house)
	begin := func(with ...sender) *http.Cookie {
		w := s.ask(t, "POST", "/session", `{"user":"admin","password":"operator"}`, with...)
		return w.Result().Cookies()[0]
	}
	c := begin()
	if c.Name != "relay_session" || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Secure || len(c.Value) != 43 {
		t.Errorf("%+v", c)
	}
	if c := begin(header("X-Forwarded-Proto", "https")); !c.Secure {
		t.Error("the cookie of a session over TLS may be sent without TLS")
	}
	cookie, csrf := s.logIn(t, "admin", "operator", "")
	w := s.ask(t, "DELETE", "/session", "", cookie, csrf)
	if c := w.Result().Cookies()[0]; c.MaxAge >= 0 || c.Value != "" {
		t.Errorf("the browser keeps %+v", c)
	}
	refused(t, s.ask(t, "GET", "/session", "", cookie), 401)
}

func TestSessionSaysWhoItIs(t *testing.T) {
	s := newStation(t, house)
	cookie, _ := s.logIn(t, "dj", "own", "/own")
	got := read[sessionJSON](t, s.ask(t, "GET", "/session", "", cookie), 200)
	if got.User != "dj" || got.Role != "dj" || got.Mount != "/own" || got.CSRF == "" {
		t.Errorf("%+v", got)
	}
	for _, body := range []string{
		`{"user":"admin","password":"wrong"}`, `{"user":"dj","password":"own"}`, `{"user":"dj","password":"own","mount":"/live"}`,
		`{"user":"admin:operator","password":""}`, `{"user":"","password":""}`,
	} {
		refused(t, s.ask(t, "POST", "/session", body), 401)
	}
	refused(t, s.ask(t, "POST", "/session", `{"user":"dj","password":"own","mount":"own"}`), 400)
}

// A login that a browser keeps sending does not hide a session, and a valid login
// takes precedence over one.
func TestLoginBesideASession(t *testing.T) {
	s := newStation(t, house)
	cookie, _ := s.logIn(t, "admin", "operator", "")
	if w := s.ask(t, "GET", "/server", "", cookie, login("listener", "secret")); w.Code != 200 {
		t.Errorf("a listener's login hides the session: %d", w.Code)
	}
	if w := s.ask(t, "POST", "/reload", "", cookie, operator); w.Code != 200 {
		t.Errorf("a right login needs a CSRF header: %d", w.Code)
	}
}

func TestSessionEndsWithItsPassword(t *testing.T) {
	s := newStation(t, house)
	cookie, csrf := s.logIn(t, "admin", "operator", "")
	dj, _ := s.logIn(t, "source", "hackme", "/live")
	write(t, s.file, strings.Replace(house, `"operator"`, `"another"`, 1))
	if w := s.ask(t, "POST", "/reload", "", cookie, csrf); w.Code != 200 {
		t.Fatal(w.Body)
	}
	refused(t, s.ask(t, "GET", "/session", "", cookie), 401)
	if w := s.ask(t, "GET", "/session", "", dj); w.Code != 200 {
		t.Error("the DJ's session ends with the operator's password")
	}
}
