package listeners

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"relay/e2e/harness"
	"relay/e2e/recorded"
)

// Names and passwords in a file admit listeners; the operator changes them.
func TestListenersWithPasswords(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "members")
	// Icecast's form: the MD5 of "wonder".
	if err := os.WriteFile(file, []byte("alice:10cf1fdf6ad958eeffa9853f6885cec9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := harness.Start(t, harness.Config+"[[mount]]\nname = '/members.mp3'\nmax_listeners = 1\nfallback_full = '/more.mp3'\nlistener_auth.htpasswd_file = '"+file+"'\n")
	r.Encode(t, "/members.mp3").Frames(t, 50)
	r.Encode(t, "/more.mp3", "ice-name: More").Frames(t, 50)
	harness.Eventually(t, "the sources", func() bool { return len(r.Sources(t)) == 2 })
	ask := func(login string) *harness.Player {
		head := "GET /members.mp3 HTTP/1.0\r\n"
		if login != "" {
			user, password, _ := strings.Cut(login, ":")
			head += "Authorization: " + harness.Basic(user, password) + "\r\n"
		}
		return r.Ask(t, head+"\r\n")
	}
	for login, want := range map[string]string{"": "401", "alice:wrong": "401", "bob:wonder": "401"} {
		if p := ask(login); !strings.HasPrefix(p.Status, "HTTP/1.0 "+want) || p.Header["www-authenticate"] == "" {
			t.Errorf("%q got %q %q", login, p.Status, p.Header)
		}
	}
	p := ask("alice:wonder")
	if _, err := p.Frame(); err != nil {
		t.Fatalf("%q, %v", p.Status, err)
	}
	if _, body := r.Admin(t, "/admin/listclients?mount=/members.mp3"); !strings.Contains(body, "<username>alice</username>") {
		t.Errorf("listclients %s", body)
	}
	// The mount is full now: the next listener gets the other one.
	if p := ask("alice:wonder"); p.Status != "HTTP/1.0 200 OK" || p.Header["icy-name"] != "More" {
		t.Errorf("the second got %q %q", p.Status, p.Header)
	}
	for i, c := range recorded.Connections(t, "admin-manageauth") {
		wantHead, wantBody, _ := strings.Cut(string(c.Server), "\r\n\r\n")
		gotHead, gotBody, _ := strings.Cut(r.Exchange(t, string(c.Client)), "\r\n\r\n")
		if i == 3 || i == 4 { // Icecast's list still has the user that it has deleted
			wantBody = strings.Replace(wantBody, "<User><username>bob</username></User>", "", 1)
		}
		if strings.Fields(gotHead)[1] != strings.Fields(wantHead)[1] || strings.TrimSpace(gotBody) != strings.TrimSpace(wantBody) {
			t.Errorf("%q\n got %s\nwant %s", c.Client, gotBody, wantBody)
		}
	}
}

// hoster is a web server that answers hooks and records their requests.
type hoster struct {
	*httptest.Server
	mu   sync.Mutex
	said []string
}

func newHoster(t testing.TB) *hoster {
	h := &hoster{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		h.mu.Lock()
		defer h.mu.Unlock()
		h.said = append(h.said, strings.Join([]string{r.Form.Get("action"), r.Form.Get("mount"), r.Form.Get("user"), r.Form.Get("ip"), r.Form.Get("admin")}, " "))
		switch user := r.Form.Get("user"); {
		case user == "bad":
			w.Header().Set("icecast-auth-message", "no such member")
		case user == "timed":
			w.Header().Set("icecast-auth-timelimit", "1")
			fallthrough
		default:
			w.Header().Set("icecast-auth-user", "1")
		}
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hoster) heard(want string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, said := range h.said {
		if strings.TrimSpace(said) == want {
			return true
		}
	}
	return false
}

// az-9: the hoster's own web server decides, and is notified.
func TestHooks(t *testing.T) {
	t.Parallel()
	h := newHoster(t)
	r := harness.Start(t, strings.Replace(harness.Config, "[auth]", "trusted_proxies = ['127.0.0.1']\n[auth]", 1)+fmt.Sprintf(`
[[mount]]
name = "/url.mp3"
grace = "0s"
[mount.listener_auth]
url = "%[1]s/auth"
on_source = "%[1]s/source"
stream_auth = "%[1]s/stream"
`, h.URL))
	if answer := r.Exchange(t, "SOURCE /url.mp3 HTTP/1.0\r\nAuthorization: "+harness.Basic("bad", "x")+"\r\n\r\n"); !strings.Contains(answer, " 401 ") {
		t.Errorf("a source that the hook refused: %q", answer)
	}
	e := r.Connect(t, "SOURCE /url.mp3 HTTP/1.0\r\nAuthorization: "+harness.Basic("dj", "djpass")+"\r\n\r\n")
	e.Frames(t, 100)
	harness.Eventually(t, "mount_add", func() bool { return h.heard("mount_add /url.mp3") })
	if !h.heard("stream_auth /url.mp3 dj 127.0.0.1") {
		t.Errorf("heard %q", h.said)
	}
	harness.Eventually(t, "the source", func() bool { return r.Source(t, "/url.mp3").BitRate == 128 })
	if answer := r.Exchange(t, "GET /admin/metadata?mode=updinfo&mount=/url.mp3&song=x HTTP/1.0\r\nAuthorization: "+harness.Basic("dj", "djpass")+"\r\n\r\n"); !strings.Contains(answer, "successful") {
		t.Errorf("title: %q", answer)
	}
	if !h.heard("stream_auth /url.mp3 dj 127.0.0.1 1") {
		t.Errorf("heard %q", h.said)
	}
	ann := r.Ask(t, "GET /url.mp3?token=abc HTTP/1.0\r\nX-Forwarded-For: 198.51.100.7\r\nAuthorization: "+harness.Basic("ann", "annpass")+"\r\n\r\n")
	if _, err := ann.Frame(); err != nil || !h.heard("listener_add /url.mp3?token=abc ann 198.51.100.7") {
		t.Errorf("%v, heard %q", err, h.said)
	}
	ann.Close()
	harness.Eventually(t, "listener_remove", func() bool { return h.heard("listener_remove /url.mp3?token=abc ann 198.51.100.7") })
	if answer := r.Exchange(t, "GET /url.mp3 HTTP/1.0\r\nAuthorization: "+harness.Basic("bad", "x")+"\r\n\r\n"); !strings.Contains(answer, " 401 ") || !strings.HasSuffix(answer, "no such member\r\n") {
		t.Errorf("a listener that the hook refused: %q", answer)
	}
	timed := r.Ask(t, "GET /url.mp3 HTTP/1.0\r\nAuthorization: "+harness.Basic("timed", "x")+"\r\n\r\n")
	if _, err := io.Copy(io.Discard, timed); err != nil {
		t.Errorf("a listener with a time limit got %v, not an end", err)
	}
	e.Close()
	harness.Eventually(t, "mount_remove", func() bool { return h.heard("mount_remove /url.mp3") })
	h.Close() // no hook, no admission; but this is not a wrong password
	if answer := r.Exchange(t, "SOURCE /url.mp3 HTTP/1.0\r\nAuthorization: "+harness.Basic("dj", "djpass")+"\r\n\r\n"); !strings.Contains(answer, " 503 ") || !strings.Contains(answer, "Retry-After: ") {
		t.Errorf("a source while the hook is away: %q", answer)
	}
}
