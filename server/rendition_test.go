package server

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"relay/conf"
	"relay/mounts"
)

const secretStation = `
[server]
trusted_proxies = ["127.0.0.1"]
[auth]
source_password = "hackme"
admin_password = "adminpass"
relay_password = "relaypass"
[[mount]]
name = "/*"
source_user = "pattern"
source_password = "pattern"
[[mount]]
name = "/live"
hidden = true
max_duration = "1h"
source_user = "dj"
source_password = "own"
listener_auth.token_secret = "sixteen or more of them"
[[mount.rendition]]
name = "/live-64"
bitrate = 64
[[mount]]
name = "/open"
[[mount.rendition]]
name = "/open-hidden"
bitrate = 64
[[mount]]
name = "/open-hidden"
hidden = true
`

// token returns a token for a mount that is valid for an hour.
func token(mount string) string {
	expiry := fmt.Sprint(time.Now().Add(time.Hour).Unix())
	mac := hmac.New(sha256.New, []byte("sixteen or more of them"))
	io.WriteString(mac, mount+"\n"+expiry)
	return expiry + "." + hex.EncodeToString(mac.Sum(nil))
}

// A rendition is open to the same listeners as its mount, is listed in the same places,
// and accepts no source.
func TestRenditionsAreAsClosedAsTheirMount(t *testing.T) {
	s := newServer(t, secretStation)
	l := listen(t)
	runServer(t, s, l)
	for mount, kind := range map[string]mounts.Kind{"/live": mounts.Files, "/live-64": mounts.Encoded, "/open": mounts.Files, "/open-hidden": mounts.Encoded} {
		feed := mounts.Feed{Kind: kind}
		if s.Conf.Config().Mount(mount).Hidden {
			feed.Station.Name = "Private"
		}
		if _, err := s.Registry.Attach(mount, feed); err != nil {
			t.Fatal(err)
		}
	}
	requests := 0
	ask := func(method, path, login string) (status, body string) {
		requests++
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		fmt.Fprintf(conn, "%s %s HTTP/1.0\r\nX-Forwarded-For: 10.1.%d.%d\r\nContent-Type: audio/mpeg\r\n%s\r\n", method, path, requests>>8, requests&255, authorization(login))
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s %s: %v", method, path, err)
		}
		if answer.Header.Get("Content-Type") != "audio/mpeg" {
			text, _ := io.ReadAll(answer.Body)
			body = string(text)
		}
		return fmt.Sprint(answer.StatusCode), body
	}
	for _, row := range []struct{ method, path, login, want string }{
		{"HEAD", "/live-64", "", "401"},
		{"HEAD", "/live-64", "admin:adminpass", "401"},
		{"HEAD", "/live-64?token=" + token("/live-64"), "", "200"},
		{"HEAD", "/live-64?token=" + token("/live"), "", "200"},
		{"HEAD", "/live?token=" + token("/live"), "", "200"},
		{"HEAD", "/live?token=" + token("/live-64"), "", "401"},
		{"SOURCE", "/live-64", "source:hackme", "401"},
		{"SOURCE", "/live-64", "pattern:pattern", "401"},
		{"SOURCE", "/live-64", "admin:adminpass", "401"},
		{"SOURCE", "/live-64", "dj:own", "403"},
		{"PUT", "/live-64", "source:hackme", "401"},
		{"PUT", "/live-64", "pattern:pattern", "401"},
		{"PUT", "/live-64", "dj:own", "403"},
		{"GET", "/admin/metadata?mount=/live-64&mode=updinfo&song=x", "source:hackme", "401"},
		{"GET", "/admin/metadata?mount=/live-64&mode=updinfo&song=x", "pattern:pattern", "401"},
		{"GET", "/admin/metadata?mount=/live-64&mode=updinfo&song=x", "dj:own", "200"},
		{"GET", "/admin.cgi?mode=updinfo&mount=/live-64&song=x&pass=hackme", "", "401"},
		{"GET", "/admin.cgi?mode=updinfo&mount=/live-64&song=x&pass=own", "", "200"},
		{"GET", "/admin/listclients?mount=/live-64", "pattern:pattern", "401"},
		{"GET", "/admin/listclients?mount=/live-64", "dj:own", "200"},
		{"GET", "/admin/killsource?mount=/live-64", "pattern:pattern", "401"},
		{"GET", "/dj/live-64", "pattern:pattern", "401"},
		{"GET", "/dj/live-64", "dj:own", "200"},
		{"GET", "/api/v1/mounts/live-64/studio", "pattern:pattern", "401"},
		{"GET", "/api/v1/mounts/live-64/studio", "dj:own", "200"},
		{"GET", "/api/v1/mounts/live-64/titles", "", "404"},
	} {
		if got, body := ask(row.method, row.path, row.login); got != row.want {
			t.Errorf("%s %s by %s: %s, want %s: %s", row.method, row.path, row.login, got, row.want, body)
		}
	}
	for _, path := range []string{
		"/", "/status-json.xsl", "/status-json.xsl?mount=/live-64", "/metrics", "/api/v1/status", "/listen.pls?sid=1", "/listen.pls?sid=2", "/stats?mount=/live-64",
		"/live.m3u", "/live.pls", "/live.xspf", "/live.vclt", "/admin/streamlist.txt", "/player/live",
	} {
		login := ""
		if path == "/admin/streamlist.txt" {
			login = "relay:relaypass"
		}
		if _, body := ask("GET", path, login); strings.Contains(body, "live-64") || strings.Contains(body, "open-hidden") || strings.Contains(body, "Private") {
			t.Errorf("%s tells of a hidden rendition: %s", path, body)
		}
	}
	if _, body := ask("GET", "/open.m3u", ""); strings.Contains(body, "open-hidden") {
		t.Errorf("the playlist of a mount tells of its hidden rendition: %s", body)
	}
	if _, body := ask("GET", "/live.m3u?token="+token("/live"), ""); !strings.Contains(body, "/live-64?token=") {
		t.Errorf("with a token the playlist leaves out the rendition: %s", body)
	}
	for _, line := range []string{"/live-64:hackme", "pattern:pattern:/live-64", "/live-64:own", "dj:own"} {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		io.WriteString(conn, line+"\r\n")
		said, _ := bufio.NewReader(conn).ReadString('\n')
		conn.Close()
		if strings.HasPrefix(said, "OK") {
			t.Errorf("the password line %q is let in", line)
		}
	}
	if in := s.Registry.Find("/live-64").LiveSources(); len(in) > 0 {
		t.Errorf("%d sources send to a rendition", len(in))
	}
}

// A mount loses its source if a reload makes it a rendition.
func TestReloadMakesARendition(t *testing.T) {
	const toml = "[[mount]]\nname = '/live'\n"
	s := newServer(t, toml)
	defer s.Registry.Close()
	in, err := s.Registry.Attach("/live-64", mounts.Feed{Kind: mounts.LiveSource})
	if err != nil {
		t.Fatal(err)
	}
	c, err := conf.Parse("relay.toml", []byte(toml+"rendition = [{ name = '/live-64', bitrate = 64 }]\n"))
	if err != nil {
		t.Fatal(err)
	}
	s.Conf.Replace(c)
	s.Registry.Reconfigure()
	select {
	case <-in.Ended():
	default:
		t.Error("a source still sends to a rendition")
	}
	if _, err := s.Registry.Attach("/live-64", mounts.Feed{Kind: mounts.LiveSource}); err == nil {
		t.Error("a source may send to a rendition")
	}
}

// authorization returns the header line for a login.
func authorization(login string) string {
	if login == "" {
		return ""
	}
	req := http.Request{Header: http.Header{}}
	user, password, _ := strings.Cut(login, ":")
	req.SetBasicAuth(user, password)
	return "Authorization: " + req.Header.Get("Authorization") + "\r\n"
}
