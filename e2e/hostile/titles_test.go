package hostile

import (
	"bufio"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"relay/codec/mp3/frametest"
)

// nasty are texts that break out of their context if it does not escape them.
var nasty = map[string]string{
	"a line end":                   "one\r\ntwo",
	"a forged field":               "x\r\nSet-Cookie: a=b\r\n\r\n<html>",
	"a forged log line":            "x\n" + forged + "all is well",
	"the end of the block":         "x';StreamUrl='http://evil.example/",
	"two titles":                   "x';StreamTitle='y",
	"quotes":                       `"'` + "`" + `"'`,
	"markup":                       "<script>alert(1)</script>",
	"the end of an attribute":      `" onmouseover="alert(1)`,
	"the end of CDATA":             "]]><evil/>",
	"an entity":                    "&xxe; &lt; <!ENTITY xxe SYSTEM 'file:///etc/passwd'>",
	"the end of a script":          "</script><script>alert(1)//",
	"a template":                   "{{.}} ${7*7} #{7*7} <%= 7*7 %>",
	"a format":                     "%s%s%n%x %[1]d",
	"a NUL":                        "a\x00b",
	"an escape sequence":           "\x1b[2J\x1b]0;title\x07",
	"one of eight bits":            "\u009b2J\u009d0;title\x07\x7f",
	"not UTF-8":                    "\xc3\x28\xff\xfe",
	"text that runs backwards":     "abc\u202Efed",
	"line ends that are not ASCII": "a\u2028b\u2029c\u0085d",
	"a byte order mark":            "\ufeffx",
	"eight thousand letters":       strings.Repeat("W", 8000),
	"a formula":                    "=HYPERLINK(\"http://evil.example\",\"x\")",
	"only blanks":                  "   \t  ",
	"many accents on a letter":     "e" + strings.Repeat("\u0301", 500),
	"a bar":                        "a|b|c",
	"half a surrogate":             "\xed\xa0\x80",
	"DEL":                          "a\x7fb",
	"controls of a terminal":       "a\u009b2J\u0090b\u009c",
	"controls of a terminal, bare": "a\x9b2J\x90b",
}

// admin is the operator's login, and the end of a head.
var admin = basic("admin:adminpass") + "\r\n"

// A title stays one title, whatever it contains: in the metadata of listeners, in
// XML, in JSON, on pages and in the logs.
func TestTitles(t *testing.T) {
	t.Parallel()
	s := open(t, "[[mount]]\nname = '/live'\nmetaint = 1000\n")
	player := s.watch(t, "/live")
	for way, set := range map[string]func(title string) (raw, want string){
		"metadata": func(title string) (raw, want string) {
			return "GET /admin/metadata?mount=/live&mode=updinfo&song=" + url.QueryEscape(title) + " HTTP/1.0\r\n" + basic("source:hackme") + "\r\n", "200"
		},
		"admin.cgi": func(title string) (raw, want string) {
			return "GET /admin.cgi?mode=updinfo&pass=hackme&mount=/live&song=" + url.QueryEscape(title) + " HTTP/1.0\r\n\r\n", "200"
		},
		"API": func(title string) (raw, want string) {
			body, _ := json.Marshal(map[string]string{"title": title})
			want = "204"
			if len(title) > 4096 {
				want = "400"
			}
			return fmt.Sprintf("PUT /api/v1/mounts/live/title HTTP/1.1\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n%s%s", host, len(body), admin, body), want
		},
	} {
		for name, title := range nasty {
			t.Run(way+": "+name, func(t *testing.T) {
				s.setTitle(title)
				raw, want := set(title)
				answer := s.ask(t, raw)
				if status := statusOf(answer); status != want {
					t.Errorf("status %q, want %q: %.300q", status, want, answer)
				}
				if want != "400" {
					s.arrives(t, "/live", player, readings(title))
				}
				s.everywhereWhole(t)
			})
		}
	}
	for name, text := range nasty {
		t.Run("station with "+name, func(t *testing.T) {
			clean := inHead(text)
			if len(clean) > 1000 { // it comes four times in one head
				clean = strings.ToValidUTF8(clean[:1000], "")
			}
			conn := s.dial(t)
			defer conn.Close()
			io.WriteString(conn, "PUT /other HTTP/1.1\r\nContent-Type: audio/mpeg\r\n"+sourceLogin+
				"ice-name: "+clean+"\r\nice-description: "+clean+"\r\nice-genre: "+clean+"\r\nice-url: "+clean+"\r\nUser-Agent: "+clean+"\r\n\r\n")
			head := make([]byte, 12)
			if _, err := io.ReadFull(conn, head); err != nil || statusOf(string(head)+" ") != "200" {
				t.Fatalf("%q, %v", head, err)
			}
			if shown := s.fact(t, "/other", "server_description"); plain(clean) != "" && !among(shown, readings(clean)) {
				t.Errorf("described as %q", shown)
			}
			s.everywhereWhole(t)
			conn.Close()
			eventually(t, "the end of the source", func() bool { return s.free(t, "/other") })
		})
		t.Run("listener with "+name, func(t *testing.T) {
			before := s.accesses(t)
			conn := s.dial(t)
			defer conn.Close()
			io.WriteString(conn, "GET /live HTTP/1.0\r\nUser-Agent: "+inHead(text)+"\r\nReferer: "+inHead(text)+"\r\n\r\n")
			if _, err := io.ReadFull(conn, make([]byte, 1000)); err != nil {
				t.Fatal(err)
			}
			if body := s.body(t, "GET /api/v1/mounts/live/listeners HTTP/1.0\r\n"+admin); !json.Valid([]byte(body)) {
				t.Errorf("its name makes invalid JSON: %.1000q", body)
			}
			s.everywhereWhole(t)
			conn.Close()
			eventually(t, "its line in the access log", func() bool { return s.accesses(t) > before })
			s.settled(t)
		})
	}
}

// inHead returns as much of a text as one header field can hold.
func inHead(text string) string {
	return strings.NewReplacer("\r", "", "\n", "", "\x00", "").Replace(text)
}

// accesses counts the lines about listeners of /live in the access log.
func (s *station) accesses(t *testing.T) int {
	t.Helper()
	text, err := s.logged("access.log", 0)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(text, `"GET /live HTTP`)
}

// A title within a stream, or in a file's tags, is treated like one that is set by a
// request.
func TestTitlesWithinStreams(t *testing.T) {
	t.Parallel()
	var now atomic.Pointer[string] // the title that the senders claim to play
	first := "begin"
	now.Store(&first)
	master := misbehave(t, func(conn net.Conn, _ string) {
		io.WriteString(conn, "ICY 200 OK\r\ncontent-type:audio/mpeg\r\nicy-metaint:"+strconv.Itoa(betweenBlocks)+"\r\n\r\n")
		playTitled(conn, &now)
	})
	music := t.TempDir()
	names := slices.Sorted(maps.Keys(nasty))
	for i, name := range names {
		tag := "\x03" + nasty[name]
		frame := append([]byte("TIT2\x00\x00"), byte(len(tag)>>8), byte(len(tag)), 0, 0)
		file := append(id3v23(len(frame)+len(tag)), frame...)
		file = append(append(file, tag...), numbered(128000, 1, 20)...)
		if err := os.WriteFile(filepath.Join(music, fmt.Sprintf("%02d.mp3", i)), file, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, "[[mount]]\nname = '/*'\nmetaint = 256\n[[relay]]\nurl = 'http://"+master.addr+"/live'\nmount = '/pulled'\n"+
		"[[mount]]\nname = '/disk'\nmetaint = 256\nfiles.paths = ['"+music+"']\nfiles.order = 'sequence'\n")
	source := s.source(t, "/inline", "icy-metaint: "+strconv.Itoa(betweenBlocks)+"\r\n")
	var sending sync.WaitGroup
	sending.Go(func() { playTitled(source, &now) })
	defer sending.Wait()
	defer source.Close()
	for _, mount := range []string{"/inline", "/pulled", "/disk"} {
		eventually(t, mount, func() bool { return s.plays(t, mount) })
	}
	inline, pulled, disk := s.watch(t, "/inline"), s.watch(t, "/pulled"), s.watch(t, "/disk")
	for i, name := range names {
		title, _, _ := strings.Cut(nasty[name], "';Stream") // another field of the block begins there
		t.Run("source: "+name, func(t *testing.T) {
			now.Store(new(nasty[name]))
			s.arrives(t, "/inline", inline, readings(title))
			s.everywhereWhole(t)
		})
		t.Run("relay: "+name, func(t *testing.T) {
			now.Store(new(nasty[name]))
			s.arrives(t, "/pulled", pulled, readings(title))
			s.everywhereWhole(t)
		})
		t.Run("file: "+name, func(t *testing.T) {
			may := readings(nasty[name])
			upToNUL, _, _ := strings.Cut(nasty[name], "\x00") // ID3 has lists, separated by NUL
			may = append(may, plain(upToNUL), plain(strings.ReplaceAll(nasty[name], "\x00", "")))
			if plain(nasty[name]) == "" {
				may = []string{fmt.Sprintf("%02d", i)} // titled by its file name
			}
			eventually(t, "the title of the file", func() bool { return disk.shows(t, may) })
			s.everywhereWhole(t)
		})
	}
}

// betweenBlocks is the metadata interval of playTitled: one frame.
const betweenBlocks = 417

// id3v23 returns the head of an ID3v2.3 tag with size bytes.
func id3v23(size int) []byte {
	head := id3(uint32(size))
	head[3] = 3
	return head
}

// playTitled sends frames in real time, each followed by a block with the present
// title, unescaped, until a write fails.
func playTitled(conn net.Conn, now *atomic.Pointer[string]) {
	frame := frametest.Numbered(frametest.Header(128000, 44100, 2), 1)
	for start, n := time.Now(), 1; ; n++ {
		text := "StreamTitle='" + *now.Load() + "';"
		text = text[:min(len(text), 255*16)]
		text += strings.Repeat("\x00", (16-len(text)%16)%16)
		block := append([]byte{byte(len(text) / 16)}, text...)
		conn.SetWriteDeadline(time.Now().Add(patience))
		if _, err := conn.Write(append(frame[:betweenBlocks:betweenBlocks], block...)); err != nil {
			return
		}
		time.Sleep(time.Until(start.Add(time.Duration(n) * 26 * time.Millisecond))) // in real time
	}
}

// plays reports whether a mount has a stream.
func (s *station) plays(t *testing.T, mount string) bool {
	return statusOf(s.ask(t, "HEAD "+mount+" HTTP/1.0\r\n\r\n")) == "200"
}

// screen shows a mount's titles as a player does.
type screen struct {
	mu     sync.Mutex
	blocks []string // the texts of all metadata blocks
	err    error
}

// watch listens to a mount for its metadata.
func (s *station) watch(t *testing.T, mount string) *screen {
	t.Helper()
	conn := s.dial(t)
	io.WriteString(conn, "GET "+mount+" HTTP/1.0\r\nIcy-MetaData: 1\r\n\r\n")
	in := bufio.NewReader(conn)
	metaint := 0
	for line := ""; line != "\r\n"; {
		var err error
		if line, err = in.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		if n, ok := strings.CutPrefix(line, "icy-metaint:"); ok {
			metaint, _ = strconv.Atoi(strings.TrimSpace(n))
		}
	}
	if metaint == 0 {
		t.Fatalf("%s has no metadata", mount)
	}
	w := &screen{}
	read := func() error {
		for {
			conn.SetDeadline(time.Now().Add(patience))
			if _, err := io.CopyN(io.Discard, in, int64(metaint)); err != nil {
				return err
			}
			units, err := in.ReadByte()
			if err != nil {
				return err
			}
			text := make([]byte, int(units)*16)
			if _, err := io.ReadFull(in, text); err != nil {
				return err
			}
			if units == 0 {
				continue
			}
			w.mu.Lock()
			w.blocks = append(w.blocks, strings.TrimRight(string(text), "\x00"))
			w.mu.Unlock()
		}
	}
	var reading sync.WaitGroup
	reading.Go(func() {
		err := read()
		w.mu.Lock()
		w.err = err
		w.mu.Unlock()
	})
	t.Cleanup(func() {
		conn.Close()
		reading.Wait()
	})
	return w
}

// shows reports whether one of the readings of a title was shown since the last call
// that returned true.
func (w *screen) shows(t *testing.T, readings []string) bool {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, text := range w.blocks {
		title, ok := strings.CutPrefix(text, "StreamTitle='")
		if !ok || strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c == 0x7f }) || !utf8.ValidString(text) {
			t.Fatalf("invalid metadata: %q", text)
		}
		title = strings.TrimSuffix(title, "';")
		withoutURL, _, _ := strings.Cut(title, "';StreamUrl='")
		if among(title, readings) || among(withoutURL, readings) {
			w.blocks = w.blocks[i:]
			return true
		}
	}
	if w.err != nil {
		t.Fatal(w.err)
	}
	return false
}

// arrives waits until listeners and the statistics show a title of a mount.
func (s *station) arrives(t *testing.T, mount string, player *screen, readings []string) {
	t.Helper()
	eventually(t, "the title at the listener", func() bool { return player.shows(t, readings) })
	eventually(t, "the title in the statistics", func() bool { return among(s.fact(t, mount, "title"), readings) })
}

// fact returns a value of a mount in the XML statistics.
func (s *station) fact(t *testing.T, mount, name string) string {
	t.Helper()
	var stats struct {
		Sources []struct {
			Mount string `xml:"mount,attr"`
			Facts []struct {
				XMLName xml.Name
				Text    string `xml:",chardata"`
			} `xml:",any"`
		} `xml:"source"`
	}
	body := s.body(t, "GET /admin/stats?mount="+mount+" HTTP/1.0\r\n"+admin)
	if err := xml.Unmarshal([]byte(body), &stats); err != nil {
		t.Fatalf("%v: %.1000q", err, body)
	}
	for _, source := range stats.Sources {
		for _, fact := range source.Facts {
			if source.Mount == mount && fact.XMLName.Local == name {
				return fact.Text
			}
		}
	}
	return ""
}

// readings returns the ways in which a text may be decoded: as UTF-8 or, if it is
// invalid, as Latin-1, without a byte order mark, and cut where a metadata block's
// field could end or another begin.
func readings(text string) (list []string) {
	add := func(text string) {
		text = plain(strings.TrimPrefix(text, "\ufeff"))
		list = append(list, text, strings.NewReplacer("';", "' ;", "='", "= '").Replace(text))
	}
	add(text)
	if utf8.ValidString(text) {
		return list
	}
	latin := make([]rune, len(text))
	for i := range len(text) {
		latin[i] = rune(text[i])
	}
	add(string(latin))
	add(strings.ToValidUTF8(text, "\ufffd"))
	add(string([]rune(text)))
	if text, err := charmap.Windows1252.NewDecoder().String(text); err == nil {
		add(text)
	}
	return list
}

// plain replaces control characters, line ends and changes of the writing direction
// by spaces, and reduces runs of spaces to one: their number does not matter.
func plain(text string) string {
	text = strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || '\u2028' <= c && c <= '\u202e' || '\u2066' <= c && c <= '\u2069' {
			return ' '
		}
		return c
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// among reports whether a text is one of the readings, or the beginning of a long
// one.
func among(text string, readings []string) bool {
	text = plain(text)
	return slices.ContainsFunc(readings, func(r string) bool {
		return text == r || len(text) > 3000 && strings.HasPrefix(r, text)
	})
}

// setTitle adds a title that listeners may be shown from now on.
func (s *station) setTitle(title string) {
	for _, text := range readings(title) {
		s.titles.Store(text, true)
	}
}

// wasSet reports whether a title was set; shown may be the beginning of it.
func (s *station) wasSet(shown string) (set bool) {
	shown = plain(shown)
	s.titles.Range(func(title, _ any) bool {
		text := title.(string)
		set = among(shown, []string{text}) || strings.HasPrefix(text, shown+"';")
		return !set
	})
	return set
}

// free reports whether a mount has no source.
func (s *station) free(t *testing.T, mount string) bool {
	return strings.Contains(s.ask(t, "GET /admin/killsource?mount="+mount+" HTTP/1.0\r\n"+basic("admin:adminpass")+"\r\n"), "Source does not exist")
}

func (s *station) body(t *testing.T, raw string) string {
	t.Helper()
	_, body, _ := strings.Cut(s.ask(t, raw), "\r\n\r\n")
	return body
}

// everywhereWhole checks that strict parsers accept everything the server says of its
// mounts, and that it has no markup from titles.
func (s *station) everywhereWhole(t *testing.T) {
	t.Helper()
	for _, path := range []string{"/admin/stats", "/admin/listmounts", "/admin/listclients?mount=/live", "/live.xspf"} {
		in := xml.NewDecoder(strings.NewReader(s.body(t, "GET "+path+" HTTP/1.0\r\n"+admin)))
		for {
			token, err := in.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s is not XML: %v", path, err)
			}
			if e, ok := token.(xml.StartElement); ok && (e.Name.Local == "script" || e.Name.Local == "evil") {
				t.Fatalf("%s has an element %s", path, e.Name.Local)
			}
		}
	}
	for _, path := range []string{"/status-json.xsl"} {
		if body := s.body(t, "GET "+path+" HTTP/1.0\r\n"+admin); !json.Valid([]byte(body)) {
			t.Fatalf("%s is not JSON: %q", path, body)
		}
	}
	for _, path := range []string{"/", "/admin/", "/status.xsl", "/admin/stats.xsl", "/7.html"} {
		body := s.body(t, "GET "+path+" HTTP/1.0\r\n"+admin)
		for _, evil := range []string{"<script>alert", "<evil", `" onmouseover="`, "<%="} {
			if strings.Contains(body, evil) {
				t.Fatalf("%s holds %q", path, evil)
			}
		}
	}
	for _, path := range []string{"/live.m3u", "/live.pls"} {
		for _, line := range strings.Split(strings.TrimRight(s.body(t, "GET "+path+" HTTP/1.0\r\n\r\n"), "\r\n"), "\n") {
			if line = strings.TrimSuffix(line, "\r"); strings.ContainsAny(line, "\r\x00") {
				t.Fatalf("%s has a line %q", path, line)
			}
		}
	}
	if head, _, _ := strings.Cut(s.ask(t, "HEAD /other HTTP/1.0\r\n\r\n"), "\r\n\r\n"); strings.Contains(head, "\nSet-Cookie") {
		t.Fatalf("a forged field in %q", head)
	}
	s.settled(t)
}
