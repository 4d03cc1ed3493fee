package hostile

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// nasty is text that breaks out of wherever it is put without care.
var nasty = map[string]string{
	"a line end":                   "one\r\ntwo",
	"a forged field":               "x\r\nSet-Cookie: a=b\r\n\r\n<html>",
	"a forged log line":            "x\n2026-01-01 00:00:00  info  all is well",
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
}

// Whatever a title holds, it stays one title: in the metadata of listeners, in
// XML, in JSON, on pages and in the logs.
func TestTitles(t *testing.T) {
	s := open(t, "")
	login := basic("source:hackme")
	for name, title := range nasty {
		t.Run(name, func(t *testing.T) {
			s.setTitle(title)
			answer := s.ask(t, "GET /admin/metadata?mount=/live&mode=updinfo&song="+url.QueryEscape(title)+" HTTP/1.0\r\n"+login+"\r\n")
			if status := statusOf(answer); status != "200" && status != "400" {
				t.Errorf("status %q: %.300q", status, answer)
			}
			s.everywhereWhole(t)
		})
	}
	for name, text := range nasty {
		t.Run("station with "+name, func(t *testing.T) {
			clean := strings.NewReplacer("\r", "", "\n", "", "\x00", "").Replace(text) // else it is another head
			clean = clean[:min(len(clean), 1000)]                                      // four times in one head
			conn := s.dial(t)
			defer conn.Close()
			io.WriteString(conn, "PUT /other HTTP/1.1\r\nContent-Type: audio/mpeg\r\n"+sourceLogin+
				"ice-name: "+clean+"\r\nice-description: "+clean+"\r\nice-genre: "+clean+"\r\nice-url: "+clean+"\r\nUser-Agent: "+clean+"\r\n\r\n")
			head := make([]byte, 12)
			if _, err := io.ReadFull(conn, head); err != nil || statusOf(string(head)+" ") != "200" {
				t.Fatalf("%q, %v", head, err)
			}
			s.everywhereWhole(t)
			conn.Close()
			eventually(t, "the end of the source", func() bool { return s.free(t, "/other") })
		})
	}
}

// setTitle tells the listeners how a title may come to them: valid UTF-8 or
// what it is as Latin-1, control characters as blanks, its beginning if it is
// long.
func (s *station) setTitle(title string) {
	readings := []string{title}
	if !utf8.ValidString(title) {
		latin := make([]rune, len(title))
		for i := range len(title) {
			latin[i] = rune(title[i])
		}
		readings = append(readings, string(latin), strings.ToValidUTF8(title, "\ufffd"))
		if text, err := charmap.Windows1252.NewDecoder().String(title); err == nil {
			readings = append(readings, text)
		}
	}
	for _, text := range readings {
		s.titles.Store(strings.Map(func(c rune) rune {
			if unicode.IsControl(c) || '\u2028' <= c && c <= '\u202e' || '\u2066' <= c && c <= '\u2069' {
				return ' '
			}
			return c
		}, text), true)
	}
}

// wasSet tells whether a title that a listener is shown, or what it is the
// beginning of, was set.
func (s *station) wasSet(shown string) (set bool) {
	s.titles.Range(func(title, _ any) bool {
		text := title.(string)
		set = text == shown || len(shown) > 3000 && strings.HasPrefix(text, shown) || strings.HasPrefix(text, shown+"';")
		return !set
	})
	return set
}

// free tells whether a mount has no source.
func (s *station) free(t *testing.T, mount string) bool {
	return strings.Contains(s.ask(t, "GET /admin/killsource?mount="+mount+" HTTP/1.0\r\n"+basic("admin:adminpass")+"\r\n"), "Source does not exist")
}

func (s *station) body(t *testing.T, raw string) string {
	t.Helper()
	_, body, _ := strings.Cut(s.ask(t, raw), "\r\n\r\n")
	return body
}

// everywhereWhole checks that what the server says of its mounts can be read
// by strict programs, and holds no markup of theirs.
func (s *station) everywhereWhole(t *testing.T) {
	t.Helper()
	admin := basic("admin:adminpass") + "\r\n"
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
