package operations

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"relay/e2e/harness"
)

const (
	// hlsClients is how many clients listen by HLS through a cache.
	hlsClients = 1000

	// hlsSegments is how many segments they listen to at least.
	hlsSegments = 7

	// hlsPace is how often each of them fetches the playlist.
	hlsPace = 6 * time.Second

	// hlsMaxAge is how old relay lets a playlist become, see docs/hls.md.
	hlsMaxAge = 3 * time.Second
)

// cached is relay behind a cache that runs with the files of deploy/.
type cached struct {
	*harness.Relay
	web  *harness.Relay // the cache
	door *door

	viewer *hlsClient // fetches from relay itself
	media  string     // its playlist
}

func newCached(t *testing.T) cached {
	t.Helper()
	r := harness.Start(t, strings.Replace(harness.Config, "[auth]", "trusted_proxies = ['127.0.0.1']\n[auth]", 1)+
		"[[mount]]\nname = '/live'\nhls = true\n")
	web := r.At(harness.FreePort(t))
	web.From = guest
	return cached{Relay: r, web: web, door: openDoor(t, r.Addr)}
}

// cachedByNginx starts nginx with deploy/nginx/relay.conf and hls.conf.
func cachedByNginx(t *testing.T) cached {
	t.Helper()
	nginx := harness.Program(t, "nginx", "/usr/sbin/nginx")
	c := newCached(t)
	dir := t.TempDir()
	snippet := harness.ReadFile(t, "../../deploy/nginx/hls.conf")
	var above []string // what its head tells to put above the server
	for _, line := range regexp.MustCompile(`(?m)^# +((?:proxy_cache_path|upstream) .*)$`).FindAllStringSubmatch(snippet, -1) {
		above = append(above, line[1])
	}
	if len(above) != 2 {
		t.Fatalf("hls.conf tells to put %q above the server", above)
	}
	site := harness.ReadFile(t, "../../deploy/nginx/relay.conf")
	site = regexp.MustCompile(`(?m)^.*(listen \[::\]|listen 443|ssl_certificate).*\n`).ReplaceAllString(site, "")
	site = strings.Replace(site, "server_name", "include "+harness.WriteFile(t, "relay-hls.conf", snippet)+";\n    server_name", 1)
	conf := strings.NewReplacer(
		"listen 80;", "listen "+c.web.Addr+";",
		"127.0.0.1:8000", c.door.addr,
		"/var/cache/nginx-relay", filepath.Join(dir, "cache"),
	).Replace(strings.Join(above, "\n") + "\n" + site)
	text := fmt.Sprintf(`daemon off;
master_process off;
pid %[1]s/pid;
error_log stderr;
events { worker_connections 4096; }
http {
access_log off;
client_body_temp_path %[1]s/body;
proxy_temp_path %[1]s/proxy;
fastcgi_temp_path %[1]s/fastcgi;
uwsgi_temp_path %[1]s/uwsgi;
scgi_temp_path %[1]s/scgi;
%[2]s}
`, dir, conf)
	main := harness.WriteFile(t, "nginx.conf", text)
	harness.KeepRunning(t, exec.Command(nginx, "-p", dir, "-e", "stderr", "-c", main))
	c.wait(t)
	return c
}

// cachedByVarnish starts Varnish with deploy/varnish/relay.vcl.
func cachedByVarnish(t *testing.T) cached {
	t.Helper()
	varnishd := harness.Program(t, "varnishd", "/usr/sbin/varnishd")
	c := newCached(t)
	_, port, _ := net.SplitHostPort(c.door.addr)
	vcl := harness.WriteFile(t, "relay.vcl", strings.Replace(harness.ReadFile(t, "../../deploy/varnish/relay.vcl"), `"8000"`, `"`+port+`"`, 1))
	harness.KeepRunning(t, exec.Command(varnishd, "-F", "-j", "none", "-n", t.TempDir(), "-a", c.web.Addr, "-f", vcl, "-s", "malloc,64m",
		"-p", "thread_queue_limit=1000", "-p", "timeout_idle=60")) // connections wait longer on a busy machine
	c.wait(t)
	return c
}

func (c cached) wait(t *testing.T) {
	t.Helper()
	harness.Eventually(t, "the cache", func() bool {
		conn, err := net.Dial("tcp", c.web.Addr)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
}

// door passes connections on to relay, and counts the requests in them.
type door struct {
	addr string

	mu    sync.Mutex
	asked map[string]int // by method and path
}

func openDoor(t *testing.T, to string) *door {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	d := &door{addr: l.Addr().String(), asked: map[string]int{}}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go d.pass(conn, to)
		}
	}()
	return d
}

func (d *door) pass(client net.Conn, to string) {
	defer client.Close()
	relay, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer relay.Close()
	go func() {
		defer client.Close()
		io.Copy(client, relay)
	}()
	in := bufio.NewReader(io.TeeReader(client, relay))
	for {
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		d.mu.Lock()
		d.asked[req.Method+" "+req.URL.Path]++
		d.mu.Unlock()
	}
}

// count returns how many requests for a file relay has had.
func (d *door) count(file string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked["GET "+file] + d.asked["HEAD "+file]
}

// segments returns how often relay was asked for each segment.
func (d *door) segments() map[string]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	segments := maps.Clone(d.asked)
	maps.DeleteFunc(segments, func(what string, _ int) bool { return path.Ext(what) != ".mp3" })
	return segments
}

// hlsPlaylist is what a playlist lists.
type hlsPlaylist struct {
	first    int      // number of the first segment
	segments []string // paths of them, or of media playlists
}

// last returns the number of the last segment.
func (p hlsPlaylist) last() int { return p.first + len(p.segments) - 1 }

// at returns the path of a segment.
func (p hlsPlaylist) at(number int) string { return p.segments[number-p.first] }

// hlsClient is a player with an address of its own, which keeps its connection.
type hlsClient struct {
	base   string // http://host:port
	client http.Client
}

func newHLSClient(t *testing.T, r *harness.Relay, from string) *hlsClient {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, addr)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &hlsClient{base: "http://" + r.Addr, client: http.Client{Transport: transport, Timeout: harness.Patience}}
}

// get fetches a file that must be there.
func (c *hlsClient) get(file string) ([]byte, error) {
	answer, err := c.client.Get(c.base + file)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", file, answer.Status)
	}
	return body, err
}

// playlist fetches a playlist that lists something.
func (c *hlsClient) playlist(file string) (p hlsPlaylist, err error) {
	text, err := c.get(file)
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if number, is := strings.CutPrefix(line, "#EXT-X-MEDIA-SEQUENCE:"); is {
			p.first, _ = strconv.Atoi(number)
		}
		if line != "" && line[0] != '#' {
			p.segments = append(p.segments, path.Join(path.Dir(file), line))
		}
	}
	if err == nil && len(p.segments) == 0 {
		err = fmt.Errorf("%s lists nothing:\n%s", file, text)
	}
	return p, err
}

// variant returns the path of a media playlist of /live, with a session of its own.
func (c *hlsClient) variant() (string, error) {
	p, err := c.playlist("/live.m3u8")
	if err != nil {
		return "", err
	}
	return p.segments[0], nil
}

// listen listens as players do until stop is closed: it begins three segments before the
// end, and fetches each new segment once. fresh returns the number of the segment that a
// playlist has at least.
func (c *hlsClient) listen(start time.Duration, fresh func() int, stop <-chan struct{}) error {
	time.Sleep(start)
	media, err := c.variant()
	if err != nil {
		return err
	}
	heard := 0
	for {
		next, least := time.Now().Add(hlsPace), fresh()
		p, err := c.playlist(media)
		if err != nil {
			return err
		}
		if p.last() < least {
			return fmt.Errorf("the playlist ends with segment %d, but %d was there %v before", p.last(), least, hlsMaxAge)
		}
		if heard == 0 {
			heard = max(p.first, p.last()-2) - 1
		}
		for heard = max(heard, p.first-1); heard < p.last(); heard++ {
			if _, err := c.get(p.at(heard + 1)); err != nil {
				return err
			}
		}
		select {
		case <-time.After(time.Until(next)):
		case <-stop:
			return nil
		}
	}
}

// newest follows a playlist at relay itself, and returns a function that returns the
// number of the newest segment that was in it hlsMaxAge ago.
func (c cached) newest(t *testing.T) (fresh func() int) {
	t.Helper()
	type seen struct {
		last int
		at   time.Time
	}
	var mu sync.Mutex
	var all []seen
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			if p, err := c.viewer.playlist(c.media); err == nil {
				mu.Lock()
				all = append(all, seen{p.last(), time.Now()})
				mu.Unlock()
			}
			select {
			case <-stop:
				return
			case <-time.After(hlsMaxAge / 10):
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-stopped })
	return func() (last int) {
		mu.Lock()
		defer mu.Unlock()
		for _, s := range all {
			if time.Since(s.at) > hlsMaxAge {
				last = s.last
			}
		}
		return last
	}
}

// Through the caches of deploy/, a thousand clients cost relay one request for each
// segment, and it counts every one of them by its own address.
func TestHLSCaches(t *testing.T) {
	t.Parallel()
	for name, behind := range map[string]func(*testing.T) cached{"nginx": cachedByNginx, "varnish": cachedByVarnish} {
		t.Run(name, func(t *testing.T) {
			c := behind(t)
			source := c.Encode(t, "/live")
			source.Frames(t, 20*38) // 20 s: the first segments
			source.KeepPlaying(t)
			c.viewer = newHLSClient(t, c.Relay, "127.0.0.1")
			var err error
			harness.Eventually(t, "the first segment", func() bool {
				c.media, err = c.viewer.variant()
				return err == nil
			})
			harness.Eventually(t, "three segments", func() bool {
				p, err := c.viewer.playlist(c.media)
				return err == nil && len(p.segments) >= 3
			})
			c.hearsThousand(t)
			c.keepsNo404(t)
			c.cutsRanges(t)
			c.passesOn(t)
		})
	}
}

// hearsThousand lets a thousand clients listen.
func (c cached) hearsThousand(t *testing.T) {
	t.Helper()
	fresh := c.newest(t)
	errs := make(chan error, hlsClients)
	stop := make(chan struct{})
	stopAll := sync.OnceFunc(func() { close(stop) })
	defer stopAll()
	for i := range hlsClients {
		client := newHLSClient(t, c.web, fmt.Sprintf("127.9.%d.%d", i/250, 1+i%250))
		go func() { errs <- client.listen(hlsPace*time.Duration(i)/hlsClients, fresh, stop) }()
	}
	addrs := map[string]bool{}
	harness.EventuallyIn(t, 3*harness.Patience, "a thousand listeners, each with its address", func() bool {
		time.Sleep(time.Second) // a list of a thousand costs relay time
		for _, l := range c.Clients(t, "/live").Source[0].Listener {
			if strings.HasPrefix(l.IP, "127.9.") {
				addrs[l.IP] = true
			}
		}
		return len(addrs) == hlsClients && len(c.door.segments()) >= hlsSegments || len(errs) > 0
	})
	stopAll()
	failed := 0
	for range hlsClients {
		if err := <-errs; err != nil {
			if failed++; failed <= 5 {
				t.Errorf("a client: %v", err)
			}
		}
	}
	if failed > 0 {
		t.Fatalf("%d clients failed", failed)
	}
	for segment, n := range c.door.segments() {
		if n != 1 {
			t.Errorf("relay was asked %d times for %s", n, segment)
		}
	}
}

// keepsNo404 checks that a segment can be had as soon as it exists, whoever has asked
// before.
func (c cached) keepsNo404(t *testing.T) {
	t.Helper()
	const later = "/live/hls/0123456789abcdef-1.mp3"
	for n := 1; n <= 2; n++ {
		if status, _, _ := c.web.Get(t, later); status != http.StatusNotFound || c.door.count(later) != n {
			t.Errorf("request %d for what does not exist: status %d, relay was asked %d times", n, status, c.door.count(later))
		}
	}
}

// cutsRanges checks that ranges work, of a segment that the cache does not have and of one
// that it has, and that relay is asked for the whole.
func (c cached) cutsRanges(t *testing.T) {
	t.Helper()
	var segment string
	harness.Eventually(t, "a new segment", func() bool {
		p, err := c.viewer.playlist(c.media)
		if err != nil {
			return false
		}
		segment = p.at(p.last())
		return c.door.count(segment) == 0
	})
	whole, err := c.viewer.get(segment)
	if err != nil {
		t.Fatal(err)
	}
	client := newHLSClient(t, c.web, guest)
	for range 2 {
		req, err := http.NewRequest(http.MethodGet, client.base+segment, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Range", "bytes=1000-1999")
		answer, err := client.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		part, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if want := fmt.Sprintf("bytes 1000-1999/%d", len(whole)); answer.StatusCode != http.StatusPartialContent ||
			answer.Header.Get("Content-Range") != want || string(part) != string(whole[1000:2000]) {
			t.Errorf("range: %s, %q, %d bytes; want %q", answer.Status, answer.Header.Get("Content-Range"), len(part), want)
		}
	}
	all, err := client.get(segment)
	if err != nil || string(all) != string(whole) {
		t.Errorf("the whole segment after its ranges: %d bytes, %v", len(all), err)
	}
	if status, header, _ := c.web.Request(t, http.MethodHead, segment, "", ""); status != http.StatusOK || header.Get("Vary") != "" {
		t.Errorf("HEAD of a segment: %d, %v", status, header)
	}
	if n := c.door.count(segment); n != 1 {
		t.Errorf("relay was asked %d times for a segment in ranges", n)
	}
}

// passesOn checks that pages and the plain stream pass the cache.
func (c cached) passesOn(t *testing.T) {
	t.Helper()
	if status, _, body := c.web.Get(t, "/status-json.xsl"); status != http.StatusOK || !strings.Contains(body, "/live") {
		t.Errorf("status: %d %s", status, body)
	}
	player := c.web.Ask(t, "GET /live HTTP/1.1\r\nHost: radio\r\n\r\n")
	if _, err := player.Number(); err != nil || !strings.HasSuffix(player.Status, " 200 OK") {
		t.Errorf("the plain stream: %s, %v", player.Status, err)
	}
	for _, l := range c.Clients(t, "/live").Source[0].Listener {
		if l.IP == guest {
			return
		}
	}
	t.Errorf("no listener at %s", guest)
}
