package recordings

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// sheetLine matches a line of our cue sheets.
var sheetLine = regexp.MustCompile(`^(REM (DATE|GAP) .+|(PERFORMER|TITLE) "[^"]*"|FILE "[^"]*" MP3|  TRACK \d\d+ AUDIO|    (PERFORMER|TITLE) "[^"]*"|    INDEX 01 \d\d+:\d\d:\d\d)$`)

// FuzzSheet: for any names of a station and its titles, a sheet has only its own lines,
// and tracks are in the order of their offsets.
func FuzzSheet(f *testing.F) {
	f.Add("Radio", "Artist - Title", "Other", uint32(1000))
	f.Add(`"X"`+"\r\nFILE \"/etc/passwd\" MP3", "a\n  TRACK 99 AUDIO", "\x00\u2028\u0085\"", uint32(0))
	f.Add("\xff\xfe", " - ", strings.Repeat("é", 300), uint32(1<<31))
	f.Fuzz(func(t *testing.T, station, first, second string, ms uint32) {
		s := cueSheet{station: station}
		at := time.Duration(ms) * time.Millisecond
		b := s.head("live.mp3", time.Unix(1_800_000_000, 0))
		b = s.play(b, first, 0)
		b = s.play(b, second, at)
		b = s.gap(b, at, time.Second)
		b = s.end(s.play(b, "", at+time.Minute))
		text := string(b)
		if !utf8.ValidString(text) || !strings.HasSuffix(text, "\n") {
			t.Fatalf("%q", text)
		}
		files := 0
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			if !sheetLine.MatchString(line) || strings.ContainsFunc(line, unicode.IsControl) {
				t.Errorf("a line that is none: %q", line)
			}
			if strings.HasPrefix(line, "FILE ") {
				files++
			}
			if len(line) > maxText+20 {
				t.Errorf("%d bytes: %q", len(line), line)
			}
		}
		if tracks := strings.Count(text, "\n  TRACK "); files != 1 || tracks != s.tracks || strings.Count(text, "\n    INDEX ") != tracks {
			t.Errorf("%d files, %d tracks of %d: %q", files, tracks, s.tracks, text)
		}
	})
}
