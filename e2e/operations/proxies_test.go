package operations

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"relay/e2e/harness"
	"relay/icy"
)

// guest is the address of a proxy's clients; the proxy itself is 127.0.0.1.
const guest = "127.0.0.77"

// proxied is relay behind a proxy that runs with the files of deploy/.
type proxied struct {
	*harness.Relay
	web     *harness.Relay // listeners and pages, over TLS
	plain   *harness.Relay // the same without TLS
	sources *harness.Relay // DJ programs, over TLS
}

func newProxied(t *testing.T) proxied {
	t.Helper()
	p := proxied{Relay: harness.Start(t, strings.Replace(harness.Config, "[auth]", "trusted_proxies = ['127.0.0.1']\n[auth]", 1))}
	at := func(secure bool) *harness.Relay {
		r := p.At(harness.FreePort(t))
		r.From, r.Secure = guest, secure
		return r
	}
	p.web, p.plain = at(true), at(false)
	p.sources = p.web
	return p
}

// behindNginx starts nginx with deploy/nginx.
func behindNginx(t *testing.T) proxied {
	t.Helper()
	nginx := harness.Program(t, "nginx", "/usr/sbin/nginx")
	p := newProxied(t)
	p.sources = p.At(harness.FreePort(t))
	p.sources.From, p.sources.Secure = guest, true
	cert := harness.SelfSigned(t, "radio")
	dir := t.TempDir()
	settle := func(name string) string {
		text, err := os.ReadFile("../../deploy/nginx/" + name)
		if err != nil {
			t.Fatal(err)
		}
		text = regexp.MustCompile(`(?m)^.*listen \[::\].*\n`).ReplaceAll(text, nil)
		return strings.NewReplacer(
			"listen 80;", "listen "+p.plain.Addr+";",
			"listen 443 ", "listen "+p.web.Addr+" ",
			"listen 8443 ", "listen "+p.sources.Addr+" ",
			"127.0.0.1:8000", p.Addr,
			"/etc/ssl/radio.example.org/fullchain.pem", cert.CertFile,
			"/etc/ssl/radio.example.org/privkey.pem", cert.KeyFile,
		).Replace(string(text))
	}
	module := "/usr/lib/nginx/modules/ngx_stream_module.so" // Debian: libnginx-mod-stream
	if _, err := os.Stat(module); err != nil {
		harness.Missing(t, "nginx has no stream module: %v", err)
	}
	path := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf(`load_module %s;
daemon off;
master_process off;
pid %[2]s/pid;
error_log stderr;
events { }
http {
access_log off;
client_body_temp_path %[2]s/body;
proxy_temp_path %[2]s/proxy;
fastcgi_temp_path %[2]s/fastcgi;
uwsgi_temp_path %[2]s/uwsgi;
scgi_temp_path %[2]s/scgi;
%[3]s}
%[4]s`, module, dir, settle("relay.conf"), settle("sources.conf"))
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	harness.KeepRunning(t, exec.Command(nginx, "-p", dir, "-e", "stderr", "-c", path))
	p.wait(t)
	return p
}

// behindHAProxy starts HAProxy with deploy/haproxy.
func behindHAProxy(t *testing.T) proxied {
	t.Helper()
	haproxy := harness.Program(t, "haproxy", "/usr/sbin/haproxy")
	p := newProxied(t)
	cert := harness.SelfSigned(t, "radio")
	pair := filepath.Join(t.TempDir(), "pair.pem")
	if err := os.WriteFile(pair, []byte(harness.ReadFile(t, cert.CertFile)+harness.ReadFile(t, cert.KeyFile)), 0o600); err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(
		"bind :443 ", "bind "+p.web.Addr+" ",
		"bind :80\n", "bind "+p.plain.Addr+"\n",
		"127.0.0.1:8000", p.Addr,
		"/etc/haproxy/radio.example.org.pem", pair,
		"maxconn 50000", "maxconn 500",
	).Replace(harness.ReadFile(t, "../../deploy/haproxy/relay.cfg"))
	path := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	harness.KeepRunning(t, exec.Command(haproxy, "-db", "-f", path))
	p.wait(t)
	return p
}

// wait waits until the proxy accepts connections.
func (p proxied) wait(t *testing.T) {
	t.Helper()
	for _, r := range []*harness.Relay{p.web, p.plain, p.sources} {
		harness.Eventually(t, "the proxy at "+r.Addr, func() bool {
			conn, err := net.Dial("tcp", r.Addr)
			if err == nil {
				conn.Close()
			}
			return err == nil
		})
	}
}

// The examples of deploy/ work: audio passes in both directions, with TLS and
// without, and each client is known by its own address.
func TestProxyExamples(t *testing.T) {
	t.Parallel()
	for name, behind := range map[string]func(*testing.T) proxied{"nginx": behindNginx, "haproxy": behindHAProxy} {
		t.Run(name, func(t *testing.T) {
			p := behind(t)
			login := "Authorization: " + harness.Basic("source", "hackme") + "\r\nContent-Type: audio/mpeg\r\n"
			sources := []struct{ mount, head string }{
				{"/put", "PUT /put HTTP/1.1\r\nHost: radio\r\n" + login + "\r\n"},
				{"/source", "SOURCE /source HTTP/1.0\r\n" + login + "\r\n"},
				{"/ice", "SOURCE /ice ICE/1.0\r\n" + login + "\r\n"},
			}
			for _, s := range sources {
				e := p.sources.Connect(t, s.head)
				if e.Answer != icy.SourceAccepted {
					t.Fatalf("%s got %q", s.mount, e.Answer)
				}
				e.Frames(t, 100)
				p.carries(t, s.mount, e)
				if got := p.sourceAddr(t, s.mount); got != guest {
					t.Errorf("the source of %s comes from %q", s.mount, got)
				}
			}
			e := p.sources.Shoutcast(t, "/v1:hackme\r\n", "icy-name:v1\r\ncontent-type:audio/mpeg\r\n\r\n")
			e.Frames(t, 100)
			p.carries(t, "/v1", e)
			if name == "nginx" {
				e := chunkedSource(t, p.web, "/chunked")
				e.Frames(t, 100)
				p.carries(t, "/chunked", e)
			}
			p.knowsScheme(t)
		})
	}
}

// carries checks that listeners hear a source through the proxy.
func (p proxied) carries(t *testing.T, mount string, e *harness.Encoder) {
	t.Helper()
	harness.Eventually(t, mount, func() bool { return p.Source(t, mount).BitRate == 128 })
	first := e.Sent - 5
	listening := map[string]*harness.Player{}
	for agent, r := range map[string]*harness.Relay{"tls": p.web, "plain": p.plain} {
		l := r.Ask(t, "GET "+mount+" HTTP/1.1\r\nHost: radio\r\nIcy-MetaData: 1\r\nUser-Agent: "+agent+"\r\n\r\n")
		if !strings.HasSuffix(l.Status, " 200 OK") || l.Metaint != 16000 || l.Header["transfer-encoding"] != "" {
			t.Fatalf("%s, %s: %s %v", mount, agent, l.Status, l.Header)
		}
		if _, _, err := l.InOrder(first); err != nil {
			t.Fatalf("%s, %s: %v", mount, agent, err)
		}
		listening[agent] = l
	}
	e.Frames(t, 300)
	for agent, l := range listening {
		if _, _, err := l.InOrder(first + 290); err != nil {
			t.Errorf("%s, %s: %v", mount, agent, err)
		}
	}
	for _, l := range p.Clients(t, mount).Source[0].Listener {
		if listening[l.UserAgent] == nil || l.IP != guest {
			t.Errorf("%s is listed with %s", l.UserAgent, l.IP)
		}
	}
	for _, l := range listening {
		l.Close()
	}
	harness.Eventually(t, "the listeners to leave", func() bool { return p.Source(t, mount).Listeners == 0 })
}

// sourceAddr returns the address of a source in the log.
func (p proxied) sourceAddr(t *testing.T, mount string) (addr string) {
	t.Helper()
	harness.Eventually(t, "the source of "+mount+" in the log", func() bool {
		m := regexp.MustCompile(`"mount": "` + mount + `".*"(?:ip|addr|from)": "([0-9.]+)`).FindStringSubmatch(p.Log.String())
		if m != nil {
			addr = m[1]
		}
		return m != nil
	})
	return addr
}

// knowsScheme checks that playlists have the scheme by which they were requested.
func (p proxied) knowsScheme(t *testing.T) {
	t.Helper()
	for scheme, r := range map[string]*harness.Relay{"https": p.web, "http": p.plain} {
		answer := r.Ask(t, "GET /put.m3u HTTP/1.1\r\nHost: radio.example.org\r\nConnection: close\r\n\r\n")
		body, _ := io.ReadAll(answer.In)
		if want := scheme + "://radio.example.org/put\r\n"; answer.Header["content-type"] == "" || !strings.Contains(string(body), want) {
			t.Errorf("%s: playlist %q", scheme, body)
		}
	}
}

// chunkedSource connects a source with a chunked body.
func chunkedSource(t *testing.T, r *harness.Relay, mount string) *harness.Encoder {
	t.Helper()
	e := r.Connect(t, "PUT "+mount+" HTTP/1.1\r\nHost: radio\r\nTransfer-Encoding: chunked\r\nAuthorization: "+
		harness.Basic("source", "hackme")+"\r\nContent-Type: audio/mpeg\r\n\r\n")
	if !strings.Contains(e.Answer, " 200 OK\r\n") {
		t.Fatalf("%s got %q", mount, e.Answer)
	}
	e.Conn = chunkedConn{e.Conn}
	return e
}

// chunkedConn sends each write as a chunk.
type chunkedConn struct{ net.Conn }

func (c chunkedConn) Write(b []byte) (int, error) {
	_, err := fmt.Fprintf(c.Conn, "%x\r\n%s\r\n", len(b), b)
	return len(b), err
}
