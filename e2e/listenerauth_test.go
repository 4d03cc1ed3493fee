package e2e

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

	"relay/e2e/recorded"
)

// Names and passwords in a file let listeners in; the operator changes them.
func TestListenersWithPasswords(t *testing.T) {
	file := filepath.Join(t.TempDir(), "members")
	// Icecast's form: the MD5 of "wonder".
	if err := os.WriteFile(file, []byte("alice:10cf1fdf6ad958eeffa9853f6885cec9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, config+"[[mount]]\nname = '/members.mp3'\nmax_listeners = 1\nfallback_full = '/more.mp3'\nlistener_auth.htpasswd_file = '"+file+"'\n")
	r.encode(t, "/members.mp3").frames(t, 50)
	r.encode(t, "/more.mp3", "ice-name: More").frames(t, 50)
	eventually(t, "the sources", func() bool { return len(r.sources(t)) == 2 })
	ask := func(login string) *player {
		head := "GET /members.mp3 HTTP/1.0\r\n"
		if login != "" {
			user, password, _ := strings.Cut(login, ":")
			head += "Authorization: " + basic(user, password) + "\r\n"
		}
		return r.ask(t, head+"\r\n")
	}
	for login, want := range map[string]string{"": "401", "alice:wrong": "401", "bob:wonder": "401"} {
		if p := ask(login); !strings.HasPrefix(p.status, "HTTP/1.0 "+want) || p.header["www-authenticate"] == "" {
			t.Errorf("%q got %q %q", login, p.status, p.header)
		}
	}
	p := ask("alice:wonder")
	if _, err := p.frame(); err != nil {
		t.Fatalf("%q, %v", p.status, err)
	}
	if _, body := r.admin(t, "/admin/listclients?mount=/members.mp3"); !strings.Contains(body, "<username>alice</username>") {
		t.Errorf("listclients %s", body)
	}
	// The mount is full now: the next one gets the other.
	if p := ask("alice:wonder"); p.status != "HTTP/1.0 200 OK" || p.header["icy-name"] != "More" {
		t.Errorf("the second got %q %q", p.status, p.header)
	}
	for i, c := range recorded.Connections(t, "admin-manageauth") {
		wantHead, wantBody, _ := strings.Cut(string(c.Server), "\r\n\r\n")
		gotHead, gotBody, _ := strings.Cut(r.exchange(t, string(c.Client)), "\r\n\r\n")
		if i == 3 || i == 4 { // Icecast's list still has the user it has deleted
			wantBody = strings.Replace(wantBody, "<User><username>bob</username></User>", "", 1)
		}
		if strings.Fields(gotHead)[1] != strings.Fields(wantHead)[1] || strings.TrimSpace(gotBody) != strings.TrimSpace(wantBody) {
			t.Errorf("%q\n got %s\nwant %s", c.Client, gotBody, wantBody)
		}
	}
}

// hoster is a web server that answers hooks and keeps what they said.
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

// az-9: the hoster's own web server decides, and is told.
func TestHooks(t *testing.T) {
	h := newHoster(t)
	r := start(t, strings.Replace(config, "[auth]", "trusted_proxies = ['127.0.0.1']\n[auth]", 1)+fmt.Sprintf(`
[[mount]]
name = "/url.mp3"
grace = "0s"
[mount.listener_auth]
url = "%[1]s/auth"
on_source = "%[1]s/source"
stream_auth = "%[1]s/stream"
`, h.URL))
	if answer := r.exchange(t, "SOURCE /url.mp3 HTTP/1.0\r\nAuthorization: "+basic("bad", "x")+"\r\n\r\n"); !strings.Contains(answer, " 401 ") {
		t.Errorf("a source that the hook refused: %q", answer)
	}
	e := r.connect(t, "SOURCE /url.mp3 HTTP/1.0\r\nAuthorization: "+basic("dj", "djpass")+"\r\n\r\n")
	e.frames(t, 100)
	eventually(t, "mount_add", func() bool { return h.heard("mount_add /url.mp3") })
	if !h.heard("stream_auth /url.mp3 dj 127.0.0.1") {
		t.Errorf("heard %q", h.said)
	}
	eventually(t, "the source", func() bool { return r.source(t, "/url.mp3").BitRate == 128 })
	if answer := r.exchange(t, "GET /admin/metadata?mode=updinfo&mount=/url.mp3&song=x HTTP/1.0\r\nAuthorization: "+basic("dj", "djpass")+"\r\n\r\n"); !strings.Contains(answer, "successful") {
		t.Errorf("title: %q", answer)
	}
	if !h.heard("stream_auth /url.mp3 dj 127.0.0.1 1") {
		t.Errorf("heard %q", h.said)
	}
	ann := r.ask(t, "GET /url.mp3?token=abc HTTP/1.0\r\nX-Forwarded-For: 198.51.100.7\r\nAuthorization: "+basic("ann", "annpass")+"\r\n\r\n")
	if _, err := ann.frame(); err != nil || !h.heard("listener_add /url.mp3?token=abc ann 198.51.100.7") {
		t.Errorf("%v, heard %q", err, h.said)
	}
	ann.Close()
	eventually(t, "listener_remove", func() bool { return h.heard("listener_remove /url.mp3?token=abc ann 198.51.100.7") })
	if answer := r.exchange(t, "GET /url.mp3 HTTP/1.0\r\nAuthorization: "+basic("bad", "x")+"\r\n\r\n"); !strings.Contains(answer, " 401 ") || !strings.HasSuffix(answer, "no such member\r\n") {
		t.Errorf("a listener whom the hook refused: %q", answer)
	}
	timed := r.ask(t, "GET /url.mp3 HTTP/1.0\r\nAuthorization: "+basic("timed", "x")+"\r\n\r\n")
	if _, err := io.Copy(io.Discard, timed); err != nil {
		t.Errorf("a listener with a time limit got %v, not an end", err)
	}
	e.Close()
	eventually(t, "mount_remove", func() bool { return h.heard("mount_remove /url.mp3") })
	h.Close() // nobody to ask: nobody is let in
	if answer := r.exchange(t, "SOURCE /url.mp3 HTTP/1.0\r\nAuthorization: "+basic("dj", "djpass")+"\r\n\r\n"); !strings.Contains(answer, " 401 ") {
		t.Errorf("a source while the hook is away: %q", answer)
	}
}
