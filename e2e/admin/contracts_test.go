package admin

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"relay/e2e/harness"
)

// Behaviour that programs rely on and that is not the subject of another test. The
// names are those of docs/compatibility.md.
func TestContracts(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, strings.Replace(harness.Config, "[auth]", "[limits]\nlisteners = 2\n[auth]", 1))
	login := "Authorization: " + harness.Basic("source", "hackme") + "\r\n"
	live := r.Encode(t, "/live.mp3", "ice-name: Lab")
	live.Frames(t, 100)
	harness.Eventually(t, "the source", func() bool { return r.Source(t, "/live.mp3").BitRate == 128 })

	t.Run("src-6 the probe without a login makes no source", func(t *testing.T) {
		r.Exchange(t, "SOURCE /probed HTTP/1.0\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n")
		if s := r.Source(t, "/probed"); s.ListenURL != "" {
			t.Errorf("listed: %+v", s)
		}
	})
	t.Run("src-8 the 401 says how long it is, or closes", func(t *testing.T) {
		answer := r.Exchange(t, "SOURCE /probed HTTP/1.0\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n")
		head, _, _ := strings.Cut(answer, "\r\n\r\n")
		if !strings.HasPrefix(head, "HTTP/1.0 401 ") || strings.Contains(head, "Content-Length") || !strings.Contains(head, "\r\nConnection: Close") {
			t.Errorf("answer %q", answer)
		}
	})
	t.Run("src-11 a source is read from as fast as it sends", func(t *testing.T) {
		e := r.Encode(t, "/fast.mp3")
		e.Frames(t, 5000) // two megabytes, far more than sockets buffer
		e.Close()
	})
	t.Run("src-14 a reset frees the mount", func(t *testing.T) {
		e := r.Encode(t, "/reset.mp3")
		e.Frames(t, 10)
		e.Conn.(*net.TCPConn).SetLinger(0)
		e.Close()
		harness.Eventually(t, "the mount to be free", func() bool { return r.Left("/reset.mp3") == 1 })
		again := r.Encode(t, "/reset.mp3")
		again.Close()
	})
	t.Run("src-17 all the names of MP3", func(t *testing.T) {
		for i, kind := range []string{"audio/mpeg", "audio/mp3", "audio/x-mpeg", "Audio/MPEG; rate=44100", "audio/mpeg;codecs=mp3"} {
			e := r.Connect(t, fmt.Sprintf("PUT /kind-%d HTTP/1.1\r\nContent-Type: %s\r\n%s\r\n", i, kind, login))
			if !strings.HasPrefix(e.Answer, "HTTP/1.0 200 OK") {
				t.Errorf("%s: %q", kind, e.Answer)
			}
			e.Close()
		}
	})
	t.Run("ttl-6 charsets by any of their names", func(t *testing.T) {
		for query, want := range map[string]string{
			"charset=UTF%2d8&song=Caf%c3%a9%201":    "Café 1",
			"charset=utf8&song=Caf%c3%a9%202":       "Café 2",
			"charset=ISO-8859-1&song=Caf%e9%203":    "Café 3",
			"song=Caf%e9%204&charset=LATIN1":        "Café 4",
			"song=Caf%e9%205":                       "Café 5",
			"song=Caf%c3%a9%206":                    "Café 6",
			"charset=windows-1251&song=%cc%e8%f0":   "Мир",
			"charset=Shift_JIS&song=%83%89%83W%83I": "ラジオ",
		} {
			r.Exchange(t, "GET /admin/metadata?mode=updinfo&mount=/live.mp3&"+query+" HTTP/1.0\r\n"+login+"\r\n")
			if got := r.Source(t, "/live.mp3").Title; got != want {
				t.Errorf("%s: %q, want %q", query, got, want)
			}
		}
	})
	t.Run("az-5 ex-1 ex-2 ex-3 the public status", func(t *testing.T) {
		_, header, body := r.Get(t, "/status-json.xsl?mount=/live.mp3")
		if header.Get("Access-Control-Allow-Origin") != "*" {
			t.Error("pages of other origins may not read it")
		}
		var status struct {
			Icestats struct {
				Start  string         `json:"server_start_iso8601"`
				Source map[string]any `json:"source"` // one mount: an object
			} `json:"icestats"`
		}
		if err := json.Unmarshal([]byte(body), &status); err != nil {
			t.Fatalf("%v\n%s", err, body)
		}
		source := status.Icestats.Source
		if _, isNumber := source["listeners"].(float64); !isNumber || source["server_type"] != "audio/mpeg" || !strings.HasSuffix(fmt.Sprint(source["listenurl"]), "/live.mp3") {
			t.Errorf("source %v", source)
		}
		for _, text := range []string{status.Icestats.Start, fmt.Sprint(source["stream_start_iso8601"])} {
			if _, err := time.Parse("2006-01-02T15:04:05-0700", text); err != nil || strings.HasSuffix(text, "Z") {
				t.Errorf("time %q", text)
			}
		}
	})
	t.Run("az-13 addresses of icecast-kh", func(t *testing.T) {
		if status, _ := r.Admin(t, "/admin.html"); status != 200 {
			t.Errorf("/admin.html: %d", status)
		}
		if status, _, _ := r.Get(t, "/status.xsl"); status != 200 {
			t.Errorf("/status.xsl: %d", status)
		}
	})
	t.Run("lt-3 more than two sources by default", func(t *testing.T) {
		for n := range 5 {
			e := r.Encode(t, fmt.Sprintf("/output-%d", n))
			defer e.Close()
		}
	})
	t.Run("ls-6 ex-6 a full server still answers", func(t *testing.T) {
		var full []*harness.Player
		for range 2 {
			full = append(full, r.Tune(t, "/live.mp3"))
		}
		harness.Eventually(t, "two listeners", func() bool { return r.Source(t, "/live.mp3").Listeners == 2 })
		if p := r.Ask(t, "GET /live.mp3 HTTP/1.0\r\n\r\n"); !strings.HasPrefix(p.Status, "HTTP/1.0 403 ") {
			t.Errorf("one too many got %q", p.Status)
		}
		for _, path := range []string{"/status-json.xsl", "/healthz", "/metrics", "/"} {
			if status, _, _ := r.Get(t, path); status != 200 {
				t.Errorf("%s: %d", path, status)
			}
		}
		if status, _ := r.Admin(t, "/admin/stats"); status != 200 {
			t.Errorf("/admin/stats: %d", status)
		}
		for _, p := range full {
			p.Close()
		}
		harness.Eventually(t, "them to leave", func() bool { return r.Source(t, "/live.mp3").Listeners == 0 })
	})
	t.Run("ls-4 scripts may read the stream's headers", func(t *testing.T) {
		p := r.Tune(t, "/live.mp3")
		if exposed := p.Header["access-control-expose-headers"]; !strings.Contains(exposed, "icy-metaint") || !strings.Contains(exposed, "icy-name") {
			t.Errorf("exposed: %q", exposed)
		}
	})
	t.Run("rl-1 a slave asks for the list and pulls as any listener", func(t *testing.T) {
		lab, _, _ := lab(t)
		list := lab.Exchange(t, "GET /admin/streamlist.txt HTTP/1.0\r\nAuthorization: "+harness.Basic("relay", "relaypass")+"\r\n\r\n")
		if !strings.HasSuffix(list, "\r\n\r\n/backup.mp3\r\n/live.mp3\r\n") {
			t.Errorf("list %q", list)
		}
		p := lab.Ask(t, "GET /live.mp3 HTTP/1.0\r\nUser-Agent: Icecast 2.4.4\r\nHost: 127.0.0.1\r\nIcy-MetaData: 1\r\n\r\n")
		if p.Status != "HTTP/1.0 200 OK" || p.Metaint != 16000 || p.Header["icy-name"] == "" {
			t.Errorf("%q %v", p.Status, p.Header)
		}
		if _, err := io.CopyN(io.Discard, p.Conn, 1000); err != nil {
			t.Error(err)
		}
	})
}

// contracts are the names of everything that existing programs were found to rely on.
func contracts() (ids []string) {
	for _, group := range []struct {
		name string
		last int
	}{{"src", 18}, {"ttl", 10}, {"az", 14}, {"lt", 3}, {"ex", 7}, {"ls", 9}, {"rl", 2}} {
		for n := 1; n <= group.last; n++ {
			ids = append(ids, fmt.Sprintf("%s-%d", group.name, n))
		}
	}
	return ids
}

// Every contract has a row in docs/compatibility.md, and every test named there
// exists.
func TestEveryContractIsKept(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("../../docs/compatibility.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range contracts() {
		if !regexp.MustCompile(`(?m)^\| ` + id + ` \|.*\| (Test\w+|not yet|does not apply)`).Match(document) {
			t.Errorf("docs/compatibility.md does not say which test checks %s", id)
		}
	}
	files, err := filepath.Glob("../*/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				tests[f.Name.Name] = true
			}
		}
	}
	for _, name := range regexp.MustCompile(`\bTest[A-Z]\w+`).FindAllString(string(document), -1) {
		if !tests[name] && name != "TestCompatibility" {
			t.Errorf("docs/compatibility.md names %s, which does not exist", name)
		}
	}
}
