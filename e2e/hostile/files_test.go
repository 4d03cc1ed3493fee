package hostile

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"relay/codec/mp3"
)

// write writes a file of a test, and creates its folder.
func write(t *testing.T, path string, text []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Music comes only from the configured folders, whatever playlists in them name and
// operators ask for.
func TestMusicStaysInItsFolders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	music := filepath.Join(dir, "music")
	write(t, filepath.Join(music, "good.mp3"), numbered(128000, 1, 20))
	secret := write(t, filepath.Join(dir, "secret.mp3"), numbered(64000, 1, 400)) // recognised by its bit rate
	if err := os.Symlink(secret, filepath.Join(music, "link.txt")); err != nil {
		t.Fatal(err)
	}
	evil := []byte("#EXTM3U\n../secret.mp3\n" + secret + "\nfile://" + secret + "\n../../../../../../../../etc/passwd\n/etc/passwd\n/dev/zero\n..\\secret.mp3\n")
	write(t, filepath.Join(music, "evil.m3u"), evil)
	// A playlist that an operator configures may name any path, but files that are
	// not music are not played.
	list := write(t, filepath.Join(dir, "list.m3u"), []byte("../../../../../../../../etc/passwd\n/etc/passwd\n/dev/zero\n/dev/stdin\nhttp://127.0.0.1:1/x.mp3\nmusic/good.mp3\n"))
	s := open(t, fmt.Sprintf("[[mount]]\nname = '/disk'\nburst = '5s'\nfiles.paths = ['%s']\n[[mount]]\nname = '/list'\nburst = '5s'\nfiles.paths = ['%s']\n", music, list))
	for _, mount := range []string{"/disk", "/list"} {
		eventually(t, mount, func() bool { return s.plays(t, mount) })
	}
	for name, file := range map[string]string{
		"a file of the system":   "/etc/passwd",
		"climbing":               "../secret.mp3",
		"climbing far":           "../../../../../../../../etc/passwd",
		"climbing from a folder": "good.mp3/../../secret.mp3",
		"an absolute path":       secret,
		"the list":               "evil.m3u",
		"a link":                 "link.txt",
		"the folder":             ".",
		"a device":               "/dev/zero",
		"nothing":                "",
		"a NUL":                  "good.mp3\x00",
		"a line end":             "good.mp3\n" + forged,
		"an address":             "file://" + secret,
		"a name of 8 KiB":        strings.Repeat("a", 8<<10),
	} {
		t.Run("queue "+name, func(t *testing.T) {
			query := strings.NewReplacer("\x00", "%00", "\n", "%0a", " ", "%20").Replace(file)
			if answer := s.ask(t, "GET /admin/queue?mount=/disk&file="+query+" HTTP/1.0\r\n"+admin); statusOf(answer) != "400" {
				t.Errorf("/admin/queue: %.300q", answer)
			}
			body, _ := json.Marshal(map[string]string{"file": file})
			answer := s.ask(t, fmt.Sprintf("POST /api/v1/mounts/disk/queue HTTP/1.1\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n%s%s", host, len(body), admin, body))
			if status := statusOf(answer); status != "409" && status != "400" {
				t.Errorf("the API: %.300q", answer)
			}
			if coming := s.body(t, "GET /api/v1/mounts/disk/queue HTTP/1.0\r\n"+admin); strings.Contains(coming, `"queued":true`) {
				t.Errorf("it is in the queue: %s", coming)
			}
			s.settled(t)
		})
	}
	for _, mount := range []string{"/disk", "/list"} {
		t.Run("hear "+mount, func(t *testing.T) {
			conn := s.dial(t)
			io.WriteString(conn, "GET "+mount+" HTTP/1.0\r\n\r\n")
			in := bufio.NewReader(conn)
			for line := ""; line != "\r\n"; {
				var err error
				if line, err = in.ReadString('\n'); err != nil {
					t.Fatal(err)
				}
			}
			for n := range 300 { // more than the burst has
				head, err := in.Peek(4)
				if err != nil {
					t.Fatal(err)
				}
				h, ok := mp3.ParseHeader(head)
				if !ok || h.BitRate != 128000 {
					t.Fatalf("frame %d has the head % x", n, head)
				}
				in.Discard(h.Size)
			}
			s.settled(t)
		})
	}
}

// A recording can be fetched only by its name, in any ranges; no other file can.
func TestRecordingsOfHostileClients(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	folder := filepath.Join(dir, "recordings")
	write(t, filepath.Join(dir, "secret.mp3"), []byte("root:"))
	write(t, filepath.Join(folder, "other-2026-01-01T00-00-00Z.mp3"), []byte("root:"))
	s := open(t, "[[mount]]\nname = '/taped'\nrecord_dir = '"+folder+"'\n")
	const length = 400 * 417
	source := s.source(t, "/taped", "")
	audio := numbered(128000, 1, 400)[:length]
	source.Write(audio[:length/10])
	type file struct {
		Name    string
		Size    int64
		Running bool
	}
	var tape file
	list := func() {
		var answer struct{ Items []file }
		body := s.body(t, "GET /api/v1/mounts/taped/recordings HTTP/1.0\r\n"+admin)
		if err := json.Unmarshal([]byte(body), &answer); err != nil {
			t.Fatalf("%v: %.300q", err, body)
		}
		for _, f := range answer.Items {
			if strings.HasSuffix(f.Name, ".mp3") {
				tape = f
			}
		}
	}
	eventually(t, "the recording to begin", func() bool { list(); return tape.Running }) // a mount keeps only a burst
	source.Write(audio[length/10:])
	source.Close() // so that the file is closed
	eventually(t, "the recording", func() bool { list(); return tape.Size > length/2 && !tape.Running })
	get := func(t *testing.T, name, fields string) string {
		return s.ask(t, "GET /api/v1/mounts/taped/recordings/"+name+" HTTP/1.1\r\n"+host+fields+admin)
	}
	for name, c := range map[string]struct {
		ranges, want, says string
	}{
		"none":                    {"", "200", fmt.Sprintf("Content-Length: %d\r\n", tape.Size)},
		"a part":                  {"bytes=0-99", "206", fmt.Sprintf("Content-Range: bytes 0-99/%d\r\n", tape.Size)},
		"the last byte":           {"bytes=-1", "206", fmt.Sprintf("Content-Range: bytes %d-%d/%d\r\n", tape.Size-1, tape.Size-1, tape.Size)},
		"beyond the end":          {"bytes=0-99999999", "206", fmt.Sprintf("Content-Range: bytes 0-%d/%d\r\n", tape.Size-1, tape.Size)},
		"many":                    {"bytes=" + strings.Repeat("0-1,", 2000) + "0-1", "206", "multipart/byteranges"},
		"overlapping":             {"bytes=" + strings.Repeat("0-,", 2000) + "0-", "200", fmt.Sprintf("Content-Length: %d\r\n", tape.Size)},
		"all but a byte, again":   {"bytes=" + strings.Repeat("1-,", 1000) + "1-", "200", fmt.Sprintf("Content-Length: %d\r\n", tape.Size)},
		"backwards":               {"bytes=10-1", "416", ""},
		"behind the end":          {fmt.Sprintf("bytes=%d-", tape.Size), "416", fmt.Sprintf("Content-Range: bytes */%d\r\n", tape.Size)},
		"beyond counting":         {"bytes=99999999999999999999-", "416", ""},
		"at the end of counting":  {"bytes=9223372036854775807-9223372036854775807", "416", ""},
		"negative beyond":         {"bytes=-99999999999999999999", "416", ""},
		"negative":                {"bytes=--5", "416", ""},
		"a negative begin":        {"bytes=-5-10", "416", ""},
		"a plus":                  {"bytes=+0-10", "206", ""},
		"other units":             {"lines=0-1", "416", ""},
		"no number":               {"bytes=a-b", "416", ""},
		"only commas":             {"bytes=" + strings.Repeat(",", 5000), "200", ""},
		"for another file":        {"bytes=0-1\r\nIf-Range: \"x\"", "200", ""},
		"two fields":              {"bytes=0-1\r\nRange: bytes=5-6", "206", "Content-Range: bytes 0-1/"},
		"with markup":             {"bytes=<script>alert(1)</script>", "416", ""},
		"with a forged field":     {"bytes=0-1\rSet-Cookie: a=b", "416", ""},
		"if it was not changed":   {"bytes=0-1\r\nIf-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT", "412", ""},
		"a thousand conditions":   {"bytes=0-1\r\nIf-Match: " + strings.Repeat(`"a", `, 1000) + `"a"`, "412", ""},
		"a date beyond all dates": {"bytes=0-1\r\nIf-Modified-Since: Thu, 99 Jan 99999 00:00:00 GMT", "206", ""},
	} {
		t.Run("ranges: "+name, func(t *testing.T) {
			fields := ""
			if c.ranges != "" {
				fields = "Range: " + c.ranges + "\r\n"
			}
			answer := get(t, tape.Name, fields)
			head, body, _ := strings.Cut(answer, "\r\n\r\n")
			if statusOf(answer) != c.want || !strings.Contains(head+"\r\n", c.says) {
				t.Errorf("want %s with %q: %.500q", c.want, c.says, head)
			}
			if strings.Contains(head, "\nSet-Cookie") || strings.Contains(answer, "<script>") {
				t.Errorf("it comes back: %.500q", answer)
			}
			if strings.HasPrefix(c.says, "Content-Range: bytes 0-99/") && len(body) != 100 {
				t.Errorf("the part is %q", body)
			}
			s.settled(t)
		})
	}
	for name, path := range map[string]string{
		"climbing":               "..%2fsecret.mp3",
		"climbing far":           "..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
		"climbing, escaped dots": "%2e%2e%2fsecret.mp3",
		"climbing, twice":        "..%252fsecret.mp3",
		"climbing with \\":       "..%5csecret.mp3",
		"climbing behind it":     "NAME%2f..%2f..%2fsecret.mp3",
		"an absolute path":       "%2fetc%2fpasswd",
		"another mount's":        "other-2026-01-01T00-00-00Z.mp3",
		"a NUL":                  "NAME%00.mp3",
		"a NUL and another end":  "..%2fsecret.mp3%00NAME",
		"the folder":             ".",
		"the folder above":       "..",
		"a broken escape":        "NAME%zz",
		"not UTF-8":              "%ff%fe",
		"a name of 8 KiB":        strings.Repeat("a", 8<<10),
	} {
		t.Run("name: "+name, func(t *testing.T) {
			answer := get(t, strings.ReplaceAll(path, "NAME", tape.Name), "")
			if statusOf(answer) != "404" || strings.Contains(answer, "root:") {
				t.Errorf("%.500q", answer)
			}
			s.settled(t)
		})
	}
	if answer := s.ask(t, "GET /api/v1/mounts/taped/recordings/"+tape.Name+" HTTP/1.1\r\n"+host+"\r\n"); statusOf(answer) != "401" {
		t.Errorf("without a login: %.300q", answer)
	}
	if _, err := os.Stat(filepath.Join(folder, tape.Name)); errors.Is(err, os.ErrNotExist) {
		t.Error("the recording is gone")
	}
}
