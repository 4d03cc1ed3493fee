package recordings

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// namelessFor is how long sound without a title waits for one. Encoders send
// the first title a moment after the first sound it belongs to.
const namelessFor = 5 * time.Second

// longestText is how much of a title stands in a cue sheet, in bytes.
const longestText = 255

// sheet writes the cue sheet of one recording, line by line: it can be read at
// any moment, and nothing is ever changed in it. Times are places in the audio.
type sheet struct {
	station string // stands for titles that never come
	tracks  int
	title   string // of the last track

	nameless bool // the sound has no title
	since    time.Duration
}

// head returns what a sheet begins with. What it says of the time is UTC.
func (s *sheet) head(audioFile string, began time.Time) []byte {
	began = began.UTC()
	b := fmt.Appendf(nil, "REM DATE %s\n", began.Format(time.RFC3339))
	b = fmt.Appendf(b, "PERFORMER %s\n", quoted(s.station))
	b = fmt.Appendf(b, "TITLE %s\n", quoted(began.Format(time.DateTime)+" UTC"))
	return fmt.Appendf(b, "FILE %s MP3\n", quoted(audioFile))
}

// play appends what is new when sound with a title, "" for none, stands at a
// place. It must be told of every piece of sound.
func (s *sheet) play(b []byte, title string, at time.Duration) []byte {
	switch {
	case title != "":
		if s.nameless {
			at, s.nameless = s.since, false
		}
		if s.tracks == 0 || title != s.title {
			b = s.track(b, title, at)
		}
	case s.nameless && at-s.since >= namelessFor:
		b = s.end(b)
	case !s.nameless && (s.tracks == 0 || s.title != ""):
		s.nameless, s.since = true, at
	}
	return b
}

// end appends the track of sound whose title has not come.
func (s *sheet) end(b []byte) []byte {
	if !s.nameless {
		return b
	}
	s.nameless = false
	return s.track(b, "", s.since)
}

// gap appends that sound is missing at a place.
func (s *sheet) gap(b []byte, at, length time.Duration) []byte {
	return fmt.Appendf(b, "REM GAP %s %.1f seconds are missing\n", index(at), length.Seconds())
}

// track appends a track. Sheets for CDs end at 99, those for files do not.
func (s *sheet) track(b []byte, title string, at time.Duration) []byte {
	s.tracks++
	s.title = title
	b = fmt.Appendf(b, "  TRACK %02d AUDIO\n", s.tracks)
	artist, name, split := strings.Cut(title, " - ")
	switch {
	case title == "":
		name = s.station
	case !split:
		name = title
	default:
		b = fmt.Appendf(b, "    PERFORMER %s\n", quoted(artist))
	}
	b = fmt.Appendf(b, "    TITLE %s\n", quoted(name))
	return fmt.Appendf(b, "    INDEX 01 %s\n", index(at))
}

// index writes a place as cue sheets do: minutes, seconds and seventy-fifths.
func index(at time.Duration) string {
	parts := at * 75 / time.Second
	return fmt.Sprintf("%02d:%02d:%02d", parts/75/60, parts/75%60, parts%75)
}

// quoted makes a text one that a cue sheet can hold, where nothing can be
// escaped.
func quoted(text string) string {
	text = strings.Map(func(c rune) rune {
		switch {
		case c == '"':
			return '\''
		case c == unicode.ReplacementChar, !unicode.IsGraphic(c):
			return ' '
		}
		return c
	}, text)
	text = strings.TrimSpace(text)
	if len(text) > longestText {
		text = strings.ToValidUTF8(text[:longestText], "")
	}
	return `"` + text + `"`
}
