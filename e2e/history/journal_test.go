package history

import (
	"crypto/tls"
	"io"
	"net"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"relay/e2e/harness"
)

// ex-5: the two logs that log analysers and rights societies read.
func TestAccessAndPlaylistLogs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	access, playlist := filepath.Join(dir, "access.log"), filepath.Join(dir, "playlist.log")
	r := harness.Start(t, harness.Config+"access_file = '"+access+"'\nplaylist_file = '"+playlist+"'\n")
	e := r.Connect(t, "SOURCE /live.mp3 HTTP/1.0\r\nAuthorization: "+harness.Basic("source", "hackme")+"\r\nUser-Agent: LabSource/1.0\r\n\r\n")
	e.Frames(t, 50)
	r.SetTitle(t, "/live.mp3", "Artist - Title")
	p := r.Ask(t, "GET /live.mp3?token=secret HTTP/1.0\r\nReferer: http://player.example/\r\nUser-Agent: LabPlayer/1.0 (test)\r\n\r\n")
	if _, err := p.Frame(); err != nil {
		t.Fatal(err)
	}
	p.Close()
	r.SetTitle(t, "/live.mp3", "Next")
	r.Exchange(t, "SOURCE /other HTTP/1.0\r\nAuthorization: "+harness.Basic("dj", "wrong")+"\r\n\r\n")
	r.Get(t, "/status-json.xsl?mount=/x")
	e.Close()

	const when = ` \[\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] `
	for _, want := range []string{
		`^127\.0\.0\.1 - -` + when + `"GET /live\.mp3 HTTP/1\.0" 200 \d{4,} "http://player\.example/" "LabPlayer/1\.0 \(test\)" \d+$`,
		`^127\.0\.0\.1 - source` + when + `"SOURCE /live\.mp3 HTTP/1\.0" 200 19 "-" "LabSource/1\.0" \d+$`,
		`^127\.0\.0\.1 - dj` + when + `"SOURCE /other HTTP/1\.0" 401 \d+ "-" "-" \d+$`,
		`^127\.0\.0\.1 - -` + when + `"GET /status-json\.xsl HTTP/1\.1" 200 \d+ "-" "Go-http-client/1\.1" \d+$`,
		`^127\.0\.0\.1 - admin` + when + `"GET /admin/metadata HTTP/1\.1" 200 \d+ "-" "Go-http-client/1\.1" \d+$`,
	} {
		harness.Eventually(t, want, func() bool { return regexp.MustCompile("(?m)" + want).MatchString(harness.ReadFile(t, access)) })
	}
	harness.Eventually(t, "the titles", func() bool { return strings.Count(harness.ReadFile(t, playlist), "\n") == 2 })
	want := regexp.MustCompile(`^\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\|/live\.mp3\|[01]\|Artist - Title\n.*\|/live\.mp3\|[01]\|Next\n$`)
	if got := harness.ReadFile(t, playlist); !want.MatchString(got) {
		t.Errorf("playlist.log %q", got)
	}
	if strings.Contains(harness.ReadFile(t, access), "secret") {
		t.Error("a query is in access.log")
	}
}

// az-8: a listener behind a proxy is listed with its own address, in whichever form
// the proxy sends it, and other clients cannot choose an address.
func TestListenersBehindProxies(t *testing.T) {
	t.Parallel()
	cert := harness.SelfSigned(t, "radio")
	secure := harness.FreePort(t)
	toml := strings.Replace(harness.Config, "[auth]", "trusted_proxies = ['127.0.0.1', '10.0.0.0/8']\n[tls]\nlisten = ['"+secure+"']\ncert_file = '"+cert.CertFile+"'\nkey_file = '"+cert.KeyFile+"'\n[auth]", 1)
	r := harness.Start(t, toml)
	r.Encode(t, "/live").Frames(t, 100)
	harness.Eventually(t, "the source", func() bool { return r.Source(t, "/live").BitRate == 128 })

	version2 := "\r\n\r\n\x00\r\nQUIT\n" + "\x21\x11\x00\x0c" + "\xcb\x00\x71\x09" + "\x7f\x00\x00\x01" + "\x12\x34\x1f\x40"
	tests := []struct{ name, before, head, want string }{
		{"X-Forwarded-For, as AzuraCast's nginx", "", "GET /live?&_ic2=1 HTTP/1.0\r\nHost: example.com//listen/NAME\r\nX-Forwarded-For: 198.51.100.7\r\nX-Real-IP: 198.51.100.7\r\n", "198.51.100.7"},
		{"several hops", "", "GET /live HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 6.6.6.6, 198.51.100.8, 10.1.1.1\r\n", "198.51.100.8"},
		{"X-Real-IP", "", "GET /live HTTP/1.0\r\nX-Real-IP: 2001:db8::7\r\n", "2001:db8::7"},
		{"PROXY protocol 1", "PROXY TCP4 203.0.113.8 127.0.0.1 1234 8000\r\n", "GET /live HTTP/1.0\r\n", "203.0.113.8"},
		{"PROXY protocol 2", version2, "GET /live HTTP/1.0\r\n", "203.0.113.9"},
		{"PROXY protocol, and a forwarded address from behind it", "PROXY TCP4 203.0.113.10 127.0.0.1 1234 8000\r\n", "GET /live HTTP/1.0\r\nX-Forwarded-For: 6.6.6.6\r\n", "203.0.113.10"},
		{"none", "", "GET /live HTTP/1.0\r\n", "127.0.0.1"},
	}
	for _, tt := range tests {
		for _, encrypted := range []bool{false, true} {
			name := tt.name
			if encrypted {
				name += ", TLS"
			}
			t.Run(name, func(t *testing.T) {
				var conn net.Conn = r.Dial(t)
				if encrypted {
					conn = r.At(secure).Dial(t)
				}
				io.WriteString(conn, tt.before)
				if encrypted {
					conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
				}
				io.WriteString(conn, tt.head+"User-Agent: "+name+"\r\n\r\n")
				if _, err := io.CopyN(io.Discard, conn, 2000); err != nil {
					t.Fatal(err)
				}
				listed := ""
				for _, l := range r.Clients(t, "/live").Source[0].Listener {
					if l.UserAgent == name {
						listed = l.IP
					}
				}
				if listed != tt.want {
					t.Errorf("is listed with %q, want %s", listed, tt.want)
				}
				conn.Close()
			})
		}
	}
	harness.Eventually(t, "all to leave", func() bool { return r.Source(t, "/live").Listeners == 0 })
}
