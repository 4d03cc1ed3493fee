package recordings

import (
	"strings"
	"testing"
	"time"
)

func TestSheet(t *testing.T) {
	s := cueSheet{station: "Radio \"X\"\r\nFILE"}
	b := s.head("live.mp3", began)
	for _, moment := range []struct {
		at    time.Duration
		title string
	}{
		{0, ""},
		{time.Second, "Artist - Title - Live"}, // the first title applies from the start
		{2 * time.Second, "Artist - Title - Live"},
		{59*time.Second + 990*time.Millisecond, `say "hi"` + "\n\x00\u2028now\xff"},
		{2 * time.Minute, ""}, // a source that came back
		{2*time.Minute + time.Second, `say "hi"` + "\n\x00\u2028now\xff"},
		{3 * time.Minute, ""}, // a source without titles
		{3*time.Minute + 4*time.Second, ""},
		{3*time.Minute + 6*time.Second, ""},
		{4 * time.Minute, ""},
		{100 * time.Minute, long("é", 300)},
	} {
		b = s.play(b, moment.title, moment.at)
		if moment.at == 2*time.Minute {
			b = s.gap(b, moment.at, 1500*time.Millisecond)
		}
	}
	b = s.end(b)
	want := `REM DATE 2026-11-23T19:04:05Z
PERFORMER "Radio 'X'  FILE"
TITLE "2026-11-23 19:04:05 UTC"
FILE "live.mp3" MP3
  TRACK 01 AUDIO
    PERFORMER "Artist"
    TITLE "Title - Live"
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "say 'hi'   now"
    INDEX 01 00:59:74
REM GAP 02:00:00 1.5 seconds are missing
  TRACK 03 AUDIO
    TITLE "Radio 'X'  FILE"
    INDEX 01 03:00:00
  TRACK 04 AUDIO
    TITLE "` + long("é", 254) + `"
    INDEX 01 100:00:00
`
	if got := string(b); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestSheetWithoutTitles(t *testing.T) {
	s := cueSheet{station: "Radio"}
	if b := s.play(nil, "", 0); len(b) > 0 {
		t.Errorf("a title is not waited for: %s", b)
	}
	if got := string(s.end(nil)); !strings.HasSuffix(got, "TRACK 01 AUDIO\n    TITLE \"Radio\"\n    INDEX 01 00:00:00\n") {
		t.Errorf("got\n%s", got)
	}
	if b := s.end(nil); len(b) > 0 {
		t.Errorf("the end is written twice: %s", b)
	}
}
