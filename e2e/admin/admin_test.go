package admin

import (
	"bufio"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"relay/e2e/harness"
	"relay/e2e/recorded"
)

// labConfig is the configuration with which the exchanges were recorded, as far as it
// shows.
const labConfig = `
[server]
listen = ["ADDRESS"]
hostname = "radio.example"
public_url = "http://radio.example:8000"
location = "Lab"
admin_email = "admin@radio.example"
[auth]
source_password = "hackme"
admin_password = "adminpass"
relay_password = "relaypass"
[limits]
count_after = "0s"
[[mount]]
name = "/hidden.mp3"
hidden = true
`

// startLab starts a server with a public address that differs from its own.
func startLab(t testing.TB, toml string) *harness.Relay {
	t.Helper()
	addr := harness.FreePort(t)
	r := harness.Start(t, strings.Replace(toml, "ADDRESS", addr, 1))
	r.Addr = addr
	return r
}

// lab returns a server with the two mounts of the recorded exchanges.
func lab(t testing.TB) (r *harness.Relay, live, backup *harness.Encoder) {
	t.Helper()
	r = startLab(t, labConfig)
	live = r.Encode(t, "/live.mp3", "User-Agent: LabSource/1.0", "ice-name: Lab /live.mp3", "ice-description: A lab stream",
		"ice-genre: Test", "ice-url: http://radio.example/", "ice-public: 0")
	backup = r.Encode(t, "/backup.mp3", "User-Agent: LabSource/1.0", "ice-name: Backup Radio", "ice-genre: Test", "ice-public: 1")
	for _, e := range []*harness.Encoder{live, backup} {
		e.Frames(t, 100)
	}
	harness.Eventually(t, "both mounts", func() bool {
		return r.Source(t, "/live.mp3").BitRate == 128 && r.Source(t, "/backup.mp3").BitRate == 128
	})
	return r, live, backup
}

// varying matches the values in a body that differ from run to run.
var varying = regexp.MustCompile(`<(client_connections|clients|connections|file_connections|listener_connections|server_id|server_start|` +
	`server_start_iso8601|stream_start|stream_start_iso8601|total_bytes_read|total_bytes_sent|listener_peak|listeners|Listeners|Connected|ID|` +
	`stats_connections|source_client_connections|source_total_connections|fallback|UserAgent|title|source_ip)>[^<]*</`)

// alike brings a recorded body and relay's into a form in which they are equal: it
// removes values that differ from run to run, and values that relay measures but
// Icecast copies from the source.
func alike(body string) string {
	body = varying.ReplaceAllString(strings.TrimSpace(body), "<$1></")
	body = regexp.MustCompile(`<(audio_info|bitrate|ice-bitrate|ice-channels|ice-samplerate|title|server_url)>[^<]*</[^>]*>`).ReplaceAllString(body, "")
	body = regexp.MustCompile(`(<listener>.*</listener>)`).ReplaceAllString(body, "<listener/>")
	return regexp.MustCompile(`<(\w+)([^<>]*)/>`).ReplaceAllString(body, "<$1$2></$1>")
}

// The recorded requests get the answers that Icecast gave.
func TestRecordedAdminRequests(t *testing.T) {
	t.Parallel()
	r, _, _ := lab(t)
	r.Tune(t, "/live.mp3")
	harness.Eventually(t, "the listener", func() bool { return r.Source(t, "/live.mp3").Listeners == 1 })
	for _, name := range []string{
		"admin-stats", "admin-stats-mount", "admin-listmounts", "admin-streamlist", "admin-listclients",
		"admin-listclients-unknown-mount", "admin-killclient-unknown", "admin-killsource-no-mount",
		"admin-moveclients-bad", "admin-updatemetadata", "admin-streamlist-txt", "admin-streamlist-txt-admin", "admin-relay-login",
		"admin-source-login", "admin-source-login-with-mount", "admin-unknown-command", "admin-unknown-command-mount", "admin-no-auth",
		"stats-method-no-auth",
	} {
		t.Run(name, func(t *testing.T) { answersAsRecorded(t, r, name) })
	}
	t.Run("admin-root-no-slash", func(t *testing.T) { // Icecast does not know this path
		for _, c := range recorded.Connections(t, "admin-root-no-slash") {
			if answer := r.Exchange(t, string(c.Client)); !strings.HasPrefix(answer, "HTTP/1.1 302 ") || !strings.Contains(answer, "\r\nLocation: admin/\r\n") {
				t.Errorf("%q is answered %q", c.Client, answer)
			}
		}
	})
	t.Run("without mounts", func(t *testing.T) {
		empty := startLab(t, labConfig)
		for _, name := range []string{"admin-stats-0", "admin-listmounts-0", "admin-streamlist-txt-0"} {
			t.Run(name, func(t *testing.T) { answersAsRecorded(t, empty, name) })
		}
	})
}

func answersAsRecorded(t *testing.T, r *harness.Relay, name string) {
	for _, c := range recorded.Connections(t, name) {
		wantHead, wantBody, _ := strings.Cut(string(c.Server), "\r\n\r\n")
		gotHead, gotBody, _ := strings.Cut(r.Exchange(t, string(c.Client)), "\r\n\r\n")
		if strings.Fields(gotHead)[1] != strings.Fields(wantHead)[1] {
			t.Errorf("%q\n got %q\nwant %q", c.Client, gotHead, wantHead)
		}
		if want, got := alike(wantBody), alike(gotBody); got != want {
			t.Errorf("%q\n got %s\nwant %s", c.Client, got, want)
		}
		if want, got := headField(wantHead, "Content-Type"), headField(gotHead, "Content-Type"); got != want {
			t.Errorf("%q is answered as %q, want %q", c.Client, got, want)
		}
		if asks := headField(gotHead, "WWW-Authenticate") != ""; asks != (headField(wantHead, "WWW-Authenticate") != "") {
			t.Errorf("%q asks for a login: %v", c.Client, asks)
		}
	}
}

// headField returns a field of an answer's head in lower case; "" if it is missing.
func headField(head, name string) string {
	for line := range strings.Lines(head) {
		if key, value, _ := strings.Cut(line, ":"); strings.EqualFold(key, name) {
			return strings.ToLower(strings.TrimSpace(value))
		}
	}
	return ""
}

// stats is the part of /admin/stats that control panels read.
type stats struct {
	Listeners         int `xml:"listeners"`
	Sources           int `xml:"sources"`
	SourceConnections int `xml:"source_client_connections"`
	ListenerJoins     int `xml:"listener_connections"`
	Source            []struct {
		Mount     string `xml:"mount,attr"`
		Title     string `xml:"title"`
		BitRate   string `xml:"bitrate"`
		Type      string `xml:"server_type"`
		Listeners int    `xml:"listeners"`
		Peak      int    `xml:"listener_peak"`
		Read      int64  `xml:"total_bytes_read"`
		Sent      int64  `xml:"total_bytes_sent"`
		Agent     string `xml:"user_agent"`
		IP        string `xml:"source_ip"`
	} `xml:"source"`
}

// az-4, lt-1: panels poll the statistics with the operator's login.
func TestAdminStatsAreTrue(t *testing.T) {
	t.Parallel()
	r, live, _ := lab(t)
	const title = `5 < 6 & "x" > ]]> – Ünï`
	r.SetTitle(t, "/live.mp3", title)
	live.Frames(t, 100)
	p := r.Tune(t, "/live.mp3")
	if _, _, err := p.InOrder(live.Sent - 1); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/admin/stats", "/admin/stats.xml"} {
		status, body := r.Admin(t, path)
		var s stats
		if err := xml.Unmarshal([]byte(body), &s); err != nil || status != 200 {
			t.Fatalf("%s: %d, %v\n%s", path, status, err, body)
		}
		if s.Listeners != 1 || s.Sources != 2 || s.SourceConnections != 2 || s.ListenerJoins != 1 || len(s.Source) != 2 {
			t.Errorf("%s: %+v", path, s)
		}
		got := s.Source[1]
		if got.Mount != "/live.mp3" || got.Title != title || got.BitRate != "128" || got.Type != "audio/mpeg" || got.Listeners != 1 ||
			got.Peak != 1 || got.Agent != "LabSource/1.0" || got.IP != "127.0.0.1" || got.Sent < 50*417 || got.Read < 190*417 {
			t.Errorf("%s: %+v", path, got)
		}
	}
	for _, path := range []string{"/admin/stats.xsl", "/admin/listmounts.xsl", "/admin/listclients.xsl?mount=/live.mp3", "/admin/metadata.xsl?mount=/live.mp3&mode=updinfo&song=x"} {
		status, header, body := r.Request(t, "GET", path, "admin", "adminpass")
		if status != 200 || !strings.HasPrefix(header.Get("Content-Type"), "text/html") || !strings.Contains(body, "</html>") {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}

// az-6, az-10: the listeners, and those among them that are relays.
func TestListClients(t *testing.T) {
	t.Parallel()
	r, _, _ := lab(t)
	r.Ask(t, "GET /live.mp3 HTTP/1.0\r\nUser-Agent: VLC <&> 3\r\n\r\n")
	r.Ask(t, "GET /live.mp3 HTTP/1.0\r\nUser-Agent: Icecast 2.4.4\r\n\r\n")
	harness.Eventually(t, "both", func() bool { return r.Source(t, "/live.mp3").Listeners == 2 })
	source := r.Clients(t, "/live.mp3").Source[0]
	if source.Mount != "/live.mp3" || source.Count != 2 || len(source.Listener) != 2 {
		t.Fatalf("%+v", source)
	}
	vlc, icecast := source.Listener[0], source.Listener[1]
	if vlc.UserAgent != "VLC <&> 3" || vlc.IP != "127.0.0.1" || vlc.Relay != 0 || vlc.ID == 0 || icecast.ID == vlc.ID {
		t.Errorf("%+v", vlc)
	}
	if icecast.Relay != 1 {
		t.Errorf("%+v is not marked as a relay", icecast)
	}
}

// The operator disconnects one of two listeners; the other is not disturbed.
func TestKillClient(t *testing.T) {
	t.Parallel()
	r, live, _ := lab(t)
	stays, goes := r.Ask(t, "GET /live.mp3 HTTP/1.0\r\nUser-Agent: stays\r\n\r\n"), r.Ask(t, "GET /live.mp3 HTTP/1.0\r\nUser-Agent: goes\r\n\r\n")
	harness.Eventually(t, "both", func() bool { return r.Source(t, "/live.mp3").Listeners == 2 })
	for _, l := range r.Clients(t, "/live.mp3").Source[0].Listener {
		if l.UserAgent == "goes" {
			_, body := r.Admin(t, fmt.Sprintf("/admin/killclient?mount=/live.mp3&id=%d", l.ID))
			if want := fmt.Sprintf("<message>Client %d removed</message><return>1</return>", l.ID); !strings.Contains(body, want) {
				t.Errorf("answer %s", body)
			}
		}
	}
	if _, err := io.Copy(io.Discard, goes); err != nil {
		t.Errorf("the removed listener got %v, not an end", err)
	}
	live.Frames(t, 100)
	if _, _, err := stays.InOrder(199); err != nil {
		t.Errorf("the other: %v", err)
	}
	if n := len(r.Clients(t, "/live.mp3").Source[0].Listener); n != 1 {
		t.Errorf("%d listeners are left", n)
	}
}

// The operator disconnects a source; its listeners wait for one that returns.
func TestKillSource(t *testing.T) {
	t.Parallel()
	r, live, _ := lab(t)
	p := r.Tune(t, "/live.mp3")
	if _, _, err := p.InOrder(live.Sent - 1); err != nil {
		t.Fatal(err)
	}
	_, body := r.Admin(t, "/admin/killsource?mount=/live.mp3")
	if !strings.Contains(body, "<message>Source Removed</message><return>1</return>") {
		t.Errorf("answer %s", body)
	}
	if n, err := io.Copy(io.Discard, live); n > 0 || harness.IsTimeout(err) {
		t.Errorf("the source got %d bytes and %v, not an end", n, err)
	}
	again := r.Encode(t, "/live.mp3")
	again.Sent = live.Sent - 1 // the last frame was not confirmed by another
	again.Frames(t, 100)
	if _, _, err := p.InOrder(again.Sent - 1); err != nil {
		t.Errorf("the listener: %v", err)
	}
	again.Close()
	harness.Eventually(t, "the mount's end", func() bool { _, body := r.Admin(t, "/admin/listmounts"); return !strings.Contains(body, "/live.mp3") })
	if status, body := r.Admin(t, "/admin/killsource?mount=/live.mp3"); status != 400 || !strings.Contains(body, "Source does not exist") {
		t.Errorf("a source that is gone: %d %s", status, body)
	}
}

// The operator moves the listeners of a mount: the connection is the same, and frames
// are whole.
func TestMoveClients(t *testing.T) {
	t.Parallel()
	r, _, backup := lab(t)
	p := r.Tune(t, "/live.mp3")
	if _, body := r.Admin(t, "/admin/moveclients?mount=/live.mp3"); !strings.Contains(body, "<current_source>/live.mp3</current_source><source mount=\"/backup.mp3\">") ||
		strings.Count(body, "<source") != 1 {
		t.Errorf("destinations %s", body)
	}
	harness.Eventually(t, "the listener", func() bool { return r.Source(t, "/live.mp3").Listeners == 1 })
	if _, body := r.Admin(t, "/admin/moveclients?mount=/live.mp3&destination=/backup.mp3"); !strings.Contains(body, "<message>Clients moved from /live.mp3 to /backup.mp3</message><return>1</return>") {
		t.Errorf("answer %s", body)
	}
	harness.Eventually(t, "the move", func() bool {
		return r.Source(t, "/live.mp3").Listeners == 0 && r.Source(t, "/backup.mp3").Listeners == 1
	})
	backup.Sent = 5000 // numbers that /live never had
	backup.Frames(t, 100)
	for {
		n, err := p.Number()
		if err != nil {
			t.Fatalf("nothing of the other mount: %v", err)
		}
		if n >= 5090 {
			break
		}
	}
}

// A STATS client is sent the whole state, and then every change.
func TestStatsMethod(t *testing.T) {
	t.Parallel()
	r, _, _ := lab(t)
	conn := r.Dial(t)
	io.WriteString(conn, "STATS / HTTP/1.0\r\nAuthorization: "+harness.Basic("admin", "adminpass")+"\r\n\r\n")
	in := bufio.NewScanner(conn)
	until := func(want string) (seen []string) {
		for in.Scan() {
			seen = append(seen, in.Text())
			if strings.HasPrefix(in.Text(), want) {
				return seen
			}
		}
		t.Fatalf("no %q among %q", want, seen)
		return nil
	}
	listing := strings.Join(until("INFO full list end"), "\n")
	if !strings.HasPrefix(listing, "HTTP/1.0 200 OK\n\nEVENT global ") { // without the line ends
		t.Errorf("begins %q", listing[:min(60, len(listing))])
	}
	for _, c := range recorded.Connections(t, "stats-method")[:1] {
		names := regexp.MustCompile(`(?m)^EVENT (global|/live\.mp3) (\S+)`)
		for _, m := range names.FindAllStringSubmatch(string(c.Server), -1) {
			if m[2] == "title" || m[2] == "connections" || m[2] == "listener_connections" {
				continue // titles come later here; the other values are null here
			}
			if !strings.Contains(listing, "EVENT "+m[1]+" "+m[2]+" ") {
				t.Errorf("no %s of %s", m[2], m[1])
			}
		}
	}
	r.SetTitle(t, "/live.mp3", "Seen By Stats")
	until("EVENT /live.mp3 title Seen By Stats")
	r.Tune(t, "/live.mp3")
	until("EVENT /live.mp3 listeners 1")
	r.Encode(t, "/new.mp3").Frames(t, 20)
	until("NEW audio/mpeg /new.mp3")
	r.Admin(t, "/admin/killsource?mount=/new.mp3")
	until("DELETE /new.mp3")
}

// az-14, lt-2, ex-2, ex-4: statistics in SHOUTcast's forms.
func TestShoutcastStatistics(t *testing.T) {
	t.Parallel()
	r, live, _ := lab(t)
	r.SetTitle(t, "/live.mp3", "First")
	r.SetTitle(t, "/live.mp3", "A, b & <c>")
	live.Frames(t, 50)
	r.Ask(t, "GET /live.mp3 HTTP/1.0\r\nUser-Agent: one\r\n\r\n")
	r.Ask(t, "GET /live.mp3 HTTP/1.0\r\nUser-Agent: one\r\n\r\n")
	r.Ask(t, "GET /live.mp3 HTTP/1.0\r\nUser-Agent: two\r\n\r\n")
	harness.Eventually(t, "three", func() bool { return r.Source(t, "/live.mp3").Listeners == 3 })

	type shoutcast struct {
		CURRENTLISTENERS, UNIQUELISTENERS, PEAKLISTENERS, BITRATE, STREAMSTATUS int
		SONGTITLE, CONTENT, SERVERTITLE, STREAMPATH                             string
		LISTENERS                                                               struct {
			LISTENER []struct{ HOSTNAME, USERAGENT string }
		}
		SONGHISTORY struct{ SONG []struct{ TITLE string } }
	}
	read := func(path, user, password string) (s shoutcast) {
		t.Helper()
		status, _, body := r.Request(t, "GET", path, user, password)
		if err := xml.Unmarshal([]byte(body), &s); err != nil || status != 200 {
			t.Fatalf("%s: %d, %v\n%s", path, status, err, body)
		}
		return s
	}
	// No mount has a SHOUTcast source, so /backup.mp3 is taken, the first by name.
	if s := read("/stats?sid=1", "", ""); s.STREAMPATH != "/backup.mp3" || s.CURRENTLISTENERS != 0 || s.STREAMSTATUS != 1 {
		t.Errorf("%+v", s)
	}
	want := shoutcast{CURRENTLISTENERS: 3, UNIQUELISTENERS: 2, PEAKLISTENERS: 3, BITRATE: 128, STREAMSTATUS: 1,
		SONGTITLE: "A, b & <c>", CONTENT: "audio/mpeg", SERVERTITLE: "Lab /live.mp3", STREAMPATH: "/live.mp3"}
	if s := read("/stats?sid=2", "", ""); fmt.Sprint(s) != fmt.Sprint(want) {
		t.Errorf("got  %+v\nwant %+v", s, want)
	}
	if s := read("/stats?sid=99", "", ""); s.STREAMSTATUS != 0 || s.STREAMPATH != "" {
		t.Errorf("a stream that does not exist: %+v", s)
	}
	for _, path := range []string{"/admin.cgi?sid=2&mode=viewxml&page=7", "/admin.cgi?mode=viewxml&mount=/live.mp3"} {
		s := read(path, "admin", "adminpass")
		if s.CURRENTLISTENERS != 3 || len(s.LISTENERS.LISTENER) != 3 || len(s.SONGHISTORY.SONG) != 2 || s.SONGHISTORY.SONG[0].TITLE != "A, b & <c>" {
			t.Errorf("%s: %+v", path, s)
		}
	}
	if s := read("/admin.cgi?sid=2&mode=viewxml&pass=hackme", "", ""); s.CURRENTLISTENERS != 3 {
		t.Errorf("with the source's password: %+v", s)
	}
	for path, login := range map[string]string{"/admin.cgi?sid=2&mode=viewxml": "", "/admin.cgi?mode=viewxml&pass=no": "", "/admin.cgi?mode=viewjson&page=3&sid=2": "x"} {
		if status, _, _ := r.Request(t, "GET", path, login, login); status != 401 {
			t.Errorf("%s with a wrong login: %d", path, status)
		}
	}
	_, body := r.Admin(t, "/admin.cgi?sid=2&mode=viewjson&page=3")
	var listeners []map[string]any
	if err := json.Unmarshal([]byte(body), &listeners); err != nil || len(listeners) != 3 {
		t.Fatalf("%v\n%s", err, body)
	}
	for _, name := range []string{"uid", "xff", "hostname", "useragent", "connecttime"} {
		if _, found := listeners[0][name]; !found {
			t.Errorf("no %s in %v", name, listeners[0])
		}
	}
	if _, _, body := r.Get(t, "/7.html?sid=2"); body != "<html><body>3,1,3,20000,2,128,A, b &amp; &lt;c&gt;</body></html>" {
		t.Errorf("7.html %s", body)
	}
	// butt counts six commas, and reads the number between the first ">" and the
	// first comma.
	_, _, body = r.Get(t, "/7.xsl?mount=/live.mp3")
	_, after, _ := strings.Cut(body, ">")
	if number, _, _ := strings.Cut(after, ","); strings.Count(body, ",") != 6 || number != "3" {
		t.Errorf("7.xsl %s", body)
	}
	if _, header, body := r.Get(t, "/listen.pls?sid=2"); !strings.Contains(body, "File1="+r.URL("/live.mp3")+"\n") || header.Get("Content-Type") != "audio/x-scpls" {
		t.Errorf("listen.pls %s", body)
	}
	// "/;" is the stream itself.
	p := r.Ask(t, "GET /;stream.mp3 HTTP/1.0\r\n\r\n")
	if _, err := p.Frame(); err != nil {
		t.Errorf("/;stream.mp3: %v", err)
	}
}

// Addresses in playlists have the host that the client used.
func TestPlaylists(t *testing.T) {
	t.Parallel()
	r := startLab(t, strings.Replace(labConfig, "[auth]", "trusted_proxies = [\"127.0.0.1\"]\n[auth]", 1))
	e := r.Encode(t, "/live.mp3", "ice-name: Name & <Co>", "ice-genre: Test", "ice-description: A lab stream", "ice-url: http://radio.example/")
	e.Frames(t, 50)
	r.SetTitle(t, "/live.mp3", "5 < 6")
	harness.Eventually(t, "the title", func() bool { return r.Source(t, "/live.mp3").Title == "5 < 6" })
	_, port, _ := strings.Cut(r.Addr, ":")
	tests := []struct{ name, request, want string }{
		{"Host with a port", "GET /live.mp3.m3u HTTP/1.1\r\nHost: 10.0.0.1:8000\r\n", "\r\n\r\nhttp://10.0.0.1:8000/live.mp3\r\n"},
		{"Host without a port", "GET /live.mp3.m3u HTTP/1.1\r\nHost: radio.example\r\n", "\r\n\r\nhttp://radio.example/live.mp3\r\n"},
		{"IPv6", "GET /live.mp3.m3u HTTP/1.1\r\nHost: [::1]:8000\r\n", "\r\n\r\nhttp://[::1]:8000/live.mp3\r\n"},
		{"old player that leaves the port out", "GET /live.mp3.m3u HTTP/1.0\r\nHost: radio.example\r\n", "\r\n\r\nhttp://radio.example:8000/live.mp3\r\n"},
		{"no Host", "GET /live.mp3.m3u HTTP/1.0\r\n", "\r\n\r\nhttp://radio.example:8000/live.mp3\r\n"},
		{"behind a proxy with TLS", "GET /live.mp3.m3u HTTP/1.0\r\nHost: radio.example\r\nX-Forwarded-Proto: https\r\n", "\r\n\r\nhttps://radio.example/live.mp3\r\n"},
		{"behind a proxy with a name of its own", "GET /live.mp3.m3u HTTP/1.0\r\nHost: 127.0.0.1:" + port + "\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: fm.example\r\n", "\r\n\r\nhttps://fm.example/live.mp3\r\n"},
		{"pls", "GET /live.mp3.pls HTTP/1.1\r\nHost: a:1\r\n", "File1=http://a:1/live.mp3\nTitle1=Name & <Co>\n"},
		{"vclt", "GET /live.mp3.vclt HTTP/1.1\r\nHost: a:1\r\n", "STREAMURL=http://a:1/live.mp3\nTITLE=5 < 6\nSERVER_NAME=Name & <Co>\nDESCRIPTION=A lab stream\n"},
		{"xspf", "GET /live.mp3.xspf HTTP/1.1\r\nHost: a:1\r\n", "<location>http://a:1/live.mp3</location>\n      <title>5 &lt; 6</title>\n      <annotation>Stream Title: Name &amp; &lt;Co&gt;"},
		{"a mount that is not there", "GET /nothere.mp3.m3u HTTP/1.1\r\nHost: a:1\r\n", "http://a:1/nothere.mp3\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if answer := r.Exchange(t, tt.request+"\r\n"); !strings.Contains(answer, tt.want) {
				t.Errorf("%q, want %q", answer, tt.want)
			}
		})
	}
}

// ls-5: players that know SHOUTcast alone.
func TestICYStatusLine(t *testing.T) {
	t.Parallel()
	r, _, _ := lab(t)
	conn := r.Dial(t)
	io.WriteString(conn, "GET /live.mp3 HTTP/1.0\r\nUser-Agent: Windows-Media-Player/9.00\r\n\r\n")
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || line != "ICY 200 OK\r\n" {
		t.Errorf("%q, %v", line, err)
	}
}

// The operator gives a mount a fallback; new and connected listeners get its stream
// when the source is gone.
func TestFallbacksCommand(t *testing.T) {
	t.Parallel()
	r, live, backup := lab(t)
	if _, body := r.Admin(t, "/admin/fallbacks?mount=/live.mp3&fallback=/backup.mp3"); !strings.Contains(body, "<p>Fallback configured</p>") {
		t.Errorf("answer %s", body)
	}
	if _, body := r.Admin(t, "/admin/listmounts"); !strings.Contains(body, "<source mount=\"/live.mp3\"><fallback>/backup.mp3</fallback>") {
		t.Errorf("listmounts %s", body)
	}
	for query, want := range map[string]string{
		"mount=/live.mp3":                      "Missing parameter",
		"mount=/nothere&fallback=/live.mp3":    "Source does not exist",
		"mount=/live.mp3&fallback=/live*":      "must not have",
		"mount=/backup.mp3&fallback=/live.mp3": "form a loop",
		"fallback=/live.mp3":                   "Unknown admin request",
	} {
		if status, body := r.Admin(t, "/admin/fallbacks?"+query); status != 400 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", query, status, body)
		}
	}
	stop := make(chan struct{})
	defer close(stop)
	backup.Sent = 5000
	go backup.Play(stop)
	p := r.Tune(t, "/live.mp3")
	live.Close()
	fell := func(p *harness.Player) {
		t.Helper()
		for {
			n, err := p.Number()
			if err != nil {
				t.Fatalf("no frame of the fallback: %v", err)
			}
			if n >= 5000 {
				return
			}
		}
	}
	fell(p)
	fell(r.Tune(t, "/live.mp3"))
	if s := r.Source(t, "/live.mp3"); s.State != "fallback" || s.ServerName != "Backup Radio" { // a fallback has a name of its own
		t.Errorf("status %+v", s)
	}
	again := r.Encode(t, "/live.mp3", "ice-name: Back")
	again.Sent = 900_000
	again.Frames(t, 100)
	for n := uint64(0); n < 900_000; {
		var err error
		if n, err = p.Number(); err != nil {
			t.Fatalf("the source is not heard again: %v", err)
		}
	}
}

// Without a mount the operator gets the listeners of all mounts.
func TestListClientsOfAllMounts(t *testing.T) {
	t.Parallel()
	r, _, _ := lab(t)
	for _, mount := range []string{"/live.mp3", "/backup.mp3"} {
		r.Tune(t, mount)
		harness.Eventually(t, "the listener of "+mount, func() bool { return r.Source(t, mount).Listeners == 1 })
	}
	for _, path := range []string{"/admin/listclients", "/admin/listclients.xml", "/admin/listclients?mount="} {
		status, body := r.Admin(t, path)
		if status != 200 || strings.Count(body, "<listener>") != 2 || strings.Count(body, "<Listeners>1</Listeners>") != 2 ||
			!strings.Contains(body, `<source mount="/live.mp3">`) || !strings.Contains(body, `<source mount="/backup.mp3">`) {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if status, body := r.Admin(t, "/admin/listclients.xsl"); status != 200 || !strings.Contains(body, "/live.mp3") || !strings.Contains(body, "/backup.mp3") {
		t.Errorf("as a page: %d %s", status, body)
	}
	if status, _, _ := r.Request(t, "GET", "/admin/listclients", "source", "hackme"); status != 401 {
		t.Errorf("with a source's login: %d", status)
	}
}
