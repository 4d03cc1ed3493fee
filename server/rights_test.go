package server

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"relay/codec/mp3/frametest"
	"relay/mounts"
)

// rights is a server on which every kind of login opens something that lasts.
type rights struct {
	*Server
	addr    net.Addr
	toml    string
	members string
	hookNo  atomic.Bool // the hook refuses every login
	conn    net.Conn    // the last one that follow or source opened
}

const rightsConfig = `
[server]
trusted_proxies = ["127.0.0.1"]
[auth]
source_password = "hackme"
admin_password = "adminpass"
api_tokens = ["token-of-a-program"]
[[mount]]
name = "/live"
[[mount.source]]
user = "boss"
password = "of-boss"
[[mount.source]]
user = "dj"
password = "of-dj"
[[mount]]
name = "/recorded"
record_dir = "FOLDER"
[[mount]]
name = "/members"
silence = true
listener_auth.htpasswd_file = "MEMBERS"
[[mount]]
name = "/hooked"
listener_auth.stream_auth = "HOOK"
`

func newRights(t *testing.T) *rights {
	const name, size = "recorded-2026-01-02T03-04-05Z.mp3", 64 << 20 // larger than the buffers between server and client
	folder := t.TempDir()
	r := &rights{members: filepath.Join(folder, "members")}
	for _, err := range []error{
		os.WriteFile(filepath.Join(folder, name), nil, 0o600), os.Truncate(filepath.Join(folder, name), size),
		os.WriteFile(r.members, []byte(alice+bob), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.FormValue("pass") == "of-hook" && !r.hookNo.Load() {
			w.Header().Set("icecast-auth-user", "1")
		}
	}))
	t.Cleanup(hook.Close)
	r.toml = strings.NewReplacer("FOLDER", folder, "MEMBERS", r.members, "HOOK", hook.URL).Replace(rightsConfig)
	r.Server = newServer(t, r.toml)
	r.Icecast.Music = noMusic{}
	l := listen(t)
	runServer(t, r.Server, l)
	r.addr = l.Addr()
	if _, err := r.Registry.Attach("/members", mounts.Feed{Kind: mounts.Files}); err != nil {
		t.Fatal(err)
	}
	return r
}

// The passwords of alice and bob are "wonder" and "builder".
const (
	alice = "alice:10cf1fdf6ad958eeffa9853f6885cec9\n"
	bob   = "bob:c87a8ca60f0891b79d192fa86f019916\n"
)

// change puts the configuration in force with one text replaced.
func (r *rights) change(t *testing.T, old, new string) {
	t.Helper()
	if !strings.Contains(r.toml, old) {
		t.Fatalf("the configuration has no %s", old)
	}
	replace(t, r.Server, strings.Replace(r.toml, old, new, 1))
}

// rewrite replaces the text of the members file.
func (r *rights) rewrite(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(r.members, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// follow sends a request whose answer lasts, and returns a reader of the answer's body.
func (r *rights) follow(t *testing.T, request string) *bufio.Reader {
	t.Helper()
	var in *bufio.Reader
	r.conn, in = connect(t, r.addr, request+"\r\n")
	begins(t, in, "HTTP/1.0 200")
	for line := "x"; strings.TrimSpace(line) != ""; {
		var err error
		if line, err = in.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	return in
}

// source connects a source that stays on the air.
func (r *rights) source(t *testing.T, mount, login string) *bufio.Reader {
	t.Helper()
	conn, in := connect(t, r.addr, "SOURCE "+mount+" HTTP/1.0\r\nContent-Type: audio/mpeg\r\n"+authorization(login)+"\r\n")
	begins(t, in, "HTTP/1.0 200")
	r.conn = conn
	header := frametest.Header(128000, 44100, 2)
	go func() {
		for n := uint64(1); ; n++ {
			if _, err := conn.Write(frametest.Numbered(header, n)); err != nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	}()
	return in
}

// session begins a login session and returns its header fields.
func (r *rights) session(t *testing.T, user, password, mount string) string {
	t.Helper()
	body := fmt.Sprintf(`{"user":%q,"password":%q,"mount":%q}`, user, password, mount)
	if mount == "" {
		body = fmt.Sprintf(`{"user":%q,"password":%q}`, user, password)
	}
	answer, err := http.Post("http://"+r.addr.String()+"/api/v1/session", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body)
	_, csrf, _ := strings.Cut(string(text), `"csrf":"`)
	csrf, _, _ = strings.Cut(csrf, `"`)
	if len(answer.Cookies()) != 1 || csrf == "" {
		t.Fatalf("the login gets %s: %s", answer.Status, text)
	}
	return "Cookie: " + answer.Cookies()[0].Name + "=" + answer.Cookies()[0].Value + "\r\nX-CSRF-Token: " + csrf + "\r\n"
}

// refusedSoon reports whether the server refuses a request within some seconds.
func (r *rights) refusedSoon(t *testing.T, request, want string) bool {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if firstStatus(t, r.addr, request+"\r\n") == want {
			return true
		}
	}
	return false
}

// The server disconnects a client within seconds after the client's right to be
// connected has ended, and not after any other change.
func TestRightsEndWithTheirReason(t *testing.T) {
	const recording = "GET /api/v1/mounts/recorded/recordings/recorded-2026-01-02T03-04-05Z.mp3 HTTP/1.0\r\n"
	const events = "GET /api/v1/events HTTP/1.0\r\n"
	operator := authorization("admin:adminpass")
	config := func(old, new string) func(*testing.T, *rights) {
		return func(t *testing.T, r *rights) { r.change(t, old, new) }
	}
	file := func(text string) func(*testing.T, *rights) {
		return func(t *testing.T, r *rights) { r.rewrite(t, text) }
	}
	follow := func(request string) func(*testing.T, *rights) *bufio.Reader {
		return func(t *testing.T, r *rights) *bufio.Reader { return r.follow(t, request) }
	}
	inSession := func(user, password, mount string) func(*testing.T, *rights) *bufio.Reader {
		return func(t *testing.T, r *rights) *bufio.Reader {
			return r.follow(t, events+r.session(t, user, password, mount))
		}
	}
	source := func(mount, login string) func(*testing.T, *rights) *bufio.Reader {
		return func(t *testing.T, r *rights) *bufio.Reader { return r.source(t, mount, login) }
	}
	var (
		password  = config(`"adminpass"`, `"another"`)
		name      = config("[auth]", "[auth]\nadmin_user = 'boss'")
		unrelated = config("[auth]", "[limits]\nsources = 77\n[auth]")
		noToken   = config(`["token-of-a-program"]`, `["another-token-of-a-program"]`)
		noDJ      = config("[[mount.source]]\nuser = \"dj\"\npassword = \"of-dj\"\n", "")
		newOfDJ   = config(`"of-dj"`, `"another"`)
		noHook    = config("listener_auth.stream_auth", "# ")
		hookSays  = func(t *testing.T, r *rights) { r.hookNo.Store(true) }
	)
	for _, row := range []struct {
		what   string
		open   func(*testing.T, *rights) *bufio.Reader
		change string
		do     func(*testing.T, *rights)
		ends   bool
	}{
		{"STATS", follow("STATS / HTTP/1.0\r\n" + operator), "the password is changed", password, true},
		{"STATS", follow("STATS / HTTP/1.0\r\n" + operator), "the name is changed", name, true},
		{"STATS", follow("STATS / HTTP/1.0\r\n" + operator), "something else is changed", unrelated, false},
		{"events by Basic", follow(events + operator), "the password is changed", password, true},
		{"events by Basic", follow(events + operator), "something else is changed", unrelated, false},
		{"events by token", follow(events + "Authorization: Bearer token-of-a-program\r\n"), "the token is removed", noToken, true},
		{"events by session", inSession("admin", "adminpass", ""), "the password is changed", password, true},
		{"events by a DJ's session", inSession("dj", "of-dj", "/live"), "the login is removed", noDJ, true},
		{"events by a hook's session", inSession("guest", "of-hook", "/hooked"), "the hook says no", hookSays, true},
		{"events by a hook's session", inSession("guest", "of-hook", "/hooked"), "the hook is removed", noHook, true},
		{"events without a login", follow(events), "the password is changed", password, false},
		{"download", follow(recording + operator), "the password is changed", password, true},
		{"source", source("/live", "dj:of-dj"), "the login is removed", noDJ, true},
		{"source", source("/live", "dj:of-dj"), "the password is changed", newOfDJ, false},
		{"source", source("/live", "boss:of-boss"), "another login is removed", noDJ, false},
		{"source by a hook", source("/hooked", "guest:of-hook"), "the hook is removed", noHook, true},
		{"source by a hook", source("/hooked", "guest:of-hook"), "the hook says no", hookSays, false},
		{"listener", follow("GET /members HTTP/1.0\r\n" + authorization("alice:wonder")), "the name is removed", file(bob), true},
		{"listener", follow("GET /members HTTP/1.0\r\n" + authorization("alice:wonder")), "the password is changed", file(bob + strings.Replace(bob, "bob", "alice", 1)), true},
		{"listener", follow("GET /members HTTP/1.0\r\n" + authorization("alice:wonder")), "another name is removed", file(alice), false},
		{"listener", follow("GET /members HTTP/1.0\r\n" + authorization("alice:wonder")), "the file cannot be read", func(t *testing.T, r *rights) { os.Remove(r.members) }, false},
	} {
		t.Run(row.what+", "+row.change, func(t *testing.T) {
			t.Parallel()
			r := newRights(t)
			in := row.open(t, r)
			row.do(t, r)
			if row.ends {
				if n := ends(t, in); n >= 64<<20 {
					t.Error("all of it was sent")
				}
				return
			}
			r.conn.SetReadDeadline(time.Now().Add(3 * membersEvery))
			if _, err := io.Copy(io.Discard, in); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("it has ended: %v", err)
			}
		})
	}
}

// The login of a request is checked each time: a session, a token.
func TestRequestsAreRefusedWhenTheirReasonEnds(t *testing.T) {
	const server, studio = "GET /api/v1/server HTTP/1.0\r\n", "GET /api/v1/mounts/hooked/studio HTTP/1.0\r\n"
	t.Run("session", func(t *testing.T) {
		r := newRights(t)
		session := r.session(t, "admin", "adminpass", "")
		r.change(t, `"adminpass"`, `"another"`)
		if !r.refusedSoon(t, server+session, "401") {
			t.Error("it is answered after the password was changed")
		}
	})
	t.Run("token", func(t *testing.T) {
		r := newRights(t)
		r.change(t, `["token-of-a-program"]`, `[]`)
		if !r.refusedSoon(t, server+"Authorization: Bearer token-of-a-program\r\n", "401") {
			t.Error("it is answered after it was removed")
		}
	})
	t.Run("session of a hook, to read", func(t *testing.T) {
		r := newRights(t)
		session := r.session(t, "guest", "of-hook", "/hooked")
		if got := firstStatus(t, r.addr, studio+session+"\r\n"); got != "200" {
			t.Fatal(got)
		}
		r.hookNo.Store(true)
		if !r.refusedSoon(t, studio+session, "401") {
			t.Error("it is answered after the hook has said no")
		}
	})
	t.Run("session of a hook, to change something", func(t *testing.T) {
		r := newRights(t)
		r.source(t, "/hooked", "guest:of-hook")
		session := r.session(t, "guest", "of-hook", "/hooked")
		const body = `{"title":"New"}`
		title := fmt.Sprintf("PUT /api/v1/mounts/hooked/title HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s", len(body), session, body)
		if got := firstStatus(t, r.addr, title); got != "204" {
			t.Fatal(got)
		}
		r.hookNo.Store(true)
		refused := false
		for end := time.Now().Add(10 * time.Second); !refused && time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
			refused = firstStatus(t, r.addr, title) == "401"
		}
		if !refused {
			t.Error("the title is set after the hook has said no")
		}
	})
}
