package server

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/conf"
	"relay/mounts"
)

// replace puts another configuration in force.
func replace(t *testing.T, s *Server, toml string) {
	t.Helper()
	c, err := conf.Parse("relay.toml", []byte(toml))
	if err != nil {
		t.Fatal(err)
	}
	s.Conf.Replace(c)
}

// connect opens a connection and sends the beginning of a request, which never blocks.
func connect(t *testing.T, addr net.Addr, says string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	io.WriteString(conn, says)
	return conn, bufio.NewReader(conn)
}

// begins reads the first line of an answer and checks its beginning.
func begins(t *testing.T, r *bufio.Reader, want string) {
	t.Helper()
	if line, err := r.ReadString('\n'); !strings.HasPrefix(line, want) {
		t.Fatalf("answered %q, %v, want %q", line, err, want)
	}
}

// ends reads the rest of an answer, which must end, and returns its length in bytes.
func ends(t *testing.T, r io.Reader) int64 {
	t.Helper()
	n, err := io.Copy(io.Discard, r)
	if timeout, ok := err.(net.Error); ok && timeout.Timeout() {
		t.Error("the connection stays")
	}
	return n
}

// A denied address gets 403, except from the health checks, whatever the method, the
// path and the login.
func TestDeniedAddressesAreAnsweredNothing(t *testing.T) {
	s := newServer(t, banned)
	l := listen(t)
	runServer(t, s, l)
	if _, err := s.Registry.Attach("/live", mounts.Feed{Kind: mounts.Files}); err != nil {
		t.Fatal(err)
	}
	well := []string{"/healthz", "/readyz"}
	paths := append([]string{"/healthz/", "/healthz.m3u", "/api/v1/status", "/api/v1/events"}, well...)
	for _, row := range permissions {
		paths = append(paths, row.path)
	}
	slices.Sort(paths)
	paths = slices.Compact(paths)
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "SOURCE", "STATS", "POKE"} {
		for _, path := range paths {
			for _, login := range []string{"admin:adminpass", "source:hackme"} {
				want := "403"
				if slices.Contains(well, path) && (method == http.MethodGet || method == http.MethodHead) {
					want = "200"
				}
				request := fmt.Sprintf("%s %s HTTP/1.0\r\nX-Forwarded-For: 192.0.2.7\r\nContent-Type: audio/mpeg\r\nAuthorization: Basic %s\r\n\r\n",
					method, strings.ReplaceAll(path, "#", "1"), base64.StdEncoding.EncodeToString([]byte(login)))
				if got := firstStatus(t, l.Addr(), request); got != want {
					t.Errorf("%s %s by %s: %s, want %s", method, path, login, got, want)
				}
			}
		}
	}
}

const guarded = `
[server]
trusted_proxies = ["127.0.0.1"]
[auth]
source_password = "hackme"
admin_password = "adminpass"
`

// banned is guarded plus a denied address.
var banned = guarded + "deny_ips = ['192.0.2.7']\n"

// A ban disconnects a connected client, whatever the client is doing.
func TestBannedClientsAreDisconnected(t *testing.T) {
	const name, size = "live-2026-01-02T03-04-05Z.mp3", 64 << 20 // larger than the buffers between server and client
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(folder, name), size); err != nil {
		t.Fatal(err)
	}
	recorded := "[[mount]]\nname = '/live'\nrecord_dir = '" + folder + "'\n"
	s := newServer(t, guarded+recorded)
	l := listen(t)
	runServer(t, s, l)
	if _, err := s.Registry.Attach("/live", mounts.Feed{Kind: mounts.Files}); err != nil {
		t.Fatal(err)
	}
	operator := base64.StdEncoding.EncodeToString([]byte("admin:adminpass"))
	source := base64.StdEncoding.EncodeToString([]byte("source:hackme"))
	come := func(ip, request, login string) *bufio.Reader {
		t.Helper()
		_, answer := connect(t, l.Addr(), request+" HTTP/1.0\r\nX-Forwarded-For: "+ip+"\r\nAuthorization: Basic "+login+"\r\n\r\n")
		begins(t, answer, "HTTP/1.0 200 ")
		return answer
	}
	out := map[string]*bufio.Reader{
		"a listener":      come("192.0.2.7", "GET /live", ""),
		"a source":        come("192.0.2.7", "SOURCE /other", source),
		"a follower":      come("192.0.2.7", "GET /api/v1/events", ""),
		"an operator":     come("192.0.2.7", "GET /api/v1/events", operator),
		"a STATS client":  come("192.0.2.7", "STATS /", operator),
		"a slow download": come("192.0.2.7", "GET /api/v1/mounts/live/recordings/"+name, operator),
	}
	stays := come("192.0.2.8", "GET /api/v1/events", "")
	replace(t, s, banned+recorded)
	for who, answer := range out {
		if n := ends(t, answer); n >= size {
			t.Errorf("%s is sent all of it", who)
		}
	}
	in, err := s.Registry.Attach("/later", mounts.Feed{Kind: mounts.Files})
	if err != nil {
		t.Fatal(err)
	}
	defer in.Detach()
	for line := ""; !strings.Contains(line, "/later"); {
		if line, err = stays.ReadString('\n'); err != nil {
			t.Fatalf("who is not denied: %v", err)
		}
	}
}

// A new ban ends requests that are about to be answered.
func TestBansFindRequestsBeingAnswered(t *testing.T) {
	s := newServer(t, banned)
	w := newWeb(http.NotFoundHandler(), clientAddr(""), s.Log)
	for from, want := range map[string]int{"192.0.2.7:1": 1, "192.0.2.8:1": 0} {
		for path, want := range map[string]int{"/": want, "/healthz": 0} {
			ours, theirs := net.Pipe()
			req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, path, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.RemoteAddr = from
			counted, err := s.admit(ours, req, 0)
			if err != nil {
				t.Fatal(err)
			}
			asked := w.enter(ours, ours, req, counted, func() {})
			if n := w.dismiss(s.keepsOut); n != want {
				t.Errorf("%s for %s: %d were let go, want %d", path, from, n, want)
			}
			asked.Close()
			theirs.Close()
		}
	}
	if len(w.open) != 0 {
		t.Errorf("%d are open that are closed", len(w.open))
	}
}

// A client may be banned while a hook is asked about it. It is refused although banish
// has already passed its mount.
func TestBannedClientsDoNotSlipIn(t *testing.T) {
	asked, denied := make(chan struct{}), make(chan struct{})
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if action := r.FormValue("action"); action != "listener_add" && action != "stream_auth" {
			return // a notification, not a question
		}
		asked <- struct{}{}
		<-denied
		w.Header().Set("Icecast-Auth-User", "1")
	}))
	defer hook.Close()
	house := guarded + `
[[mount]]
name = "/members"
listener_auth.url = "HOOK"
[[mount]]
name = "/show*"
listener_auth.stream_auth = "HOOK"
`
	house = strings.ReplaceAll(house, "HOOK", hook.URL)
	s := newServer(t, house)
	l := listen(t)
	runServer(t, s, l)
	for _, mount := range []string{"/members", "/z"} {
		if _, err := s.Registry.Attach(mount, mounts.Feed{Kind: mounts.Files}); err != nil {
			t.Fatal(err)
		}
	}
	relay, err := s.Registry.Attach("/asleep", mounts.Feed{Kind: mounts.Relayed})
	if err != nil {
		t.Fatal(err)
	}

	from := " HTTP/1.0\r\nContent-Type: audio/mpeg\r\nAuthorization: Basic " + base64.StdEncoding.EncodeToString([]byte("dj:pw")) + "\r\nX-Forwarded-For: "
	_, decoy := connect(t, l.Addr(), "GET /z"+from+"192.0.2.7\r\n\r\n")
	begins(t, decoy, "HTTP/1.0 200 ")
	answers := map[string]*bufio.Reader{}
	for who, says := range map[string]string{
		"a listener":              "GET /members" + from + "192.0.2.7\r\n\r\n",
		"a program":               "GET /members" + from + "192.0.2.8\r\nUser-Agent: Ripper/1\r\n\r\n",
		"a source by SOURCE":      "SOURCE /show1" + from + "192.0.2.7\r\n\r\n",
		"a source by PUT":         "PUT /show2" + from + "192.0.2.7\r\n\r\n",
		"a source by SHOUTcast 1": "/show3:pw\r\nicy-name:x\r\n\r\n",
	} {
		_, answers[who] = connect(t, l.Addr(), says)
		<-asked
	}
	_, answers["who waits for a relay"] = connect(t, l.Addr(), "GET /asleep"+from+"192.0.2.7\r\n\r\n")
	for !relay.Mount.Audience.Wanted() {
		runtime.Gosched()
	}

	replace(t, s, strings.Replace(house, "[auth]", "[auth]\ndeny_ips = ['192.0.2.7', '127.0.0.1']\ndeny_agents = ['Ripper/*']\n", 1))
	ends(t, decoy) // a listener of the last mount that banish visits
	close(denied)
	header := frametest.Header(128000, 44100, 2)
	relay.Write(mp3.Frame{Header: header, Data: frametest.Numbered(header, 1)}.Unit())
	for who, answer := range answers {
		if said, err := io.ReadAll(answer); !strings.Contains(string(said), "HTTP/1.0 403 ") || err != nil {
			t.Errorf("%s got %.80q, %v", who, said, err)
		}
	}
	for _, m := range s.Registry.List() {
		for patience := time.Now().Add(20 * time.Second); m.Audience.Count() > 0 || len(m.LiveSources()) > 0; runtime.Gosched() {
			if time.Now().After(patience) {
				t.Fatalf("%s has listeners or a source", m.Name)
			}
		}
	}
}
