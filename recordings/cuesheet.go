package recordings

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"relay/codec/mp3"
)

// namelessFor is how long audio without a title waits for one. Encoders send the first
// title a moment after the audio it belongs to.
const namelessFor = 5 * time.Second

// maxText is the maximum length of a title in a cue sheet, in bytes.
const maxText = 255

// cueSheet writes the cue sheet of one recording line by line. It only appends, so the
// file is valid at any moment. Times are offsets in the audio.
type cueSheet struct {
	station string // used for titles that never come
	tracks  int
	title   string // of the last track

	nameless bool // the audio has no title
	since    time.Duration
}

// head returns the beginning of a sheet. Its times are in UTC.
func (s *cueSheet) head(audioFile string, began time.Time) []byte {
	began = began.UTC()
	b := fmt.Appendf(nil, "REM DATE %s\n", began.Format(time.RFC3339))
	b = fmt.Appendf(b, "PERFORMER %s\n", quoted(s.station))
	b = fmt.Appendf(b, "TITLE %s\n", quoted(began.Format(time.DateTime)+" UTC"))
	return fmt.Appendf(b, "FILE %s %s\n", quoted(audioFile), kindOf(audioFile))
}

// kindOf returns the type of an audio file: the format knows MP3, and programs take WAVE for
// whatever else they can decode.
func kindOf(audioFile string) string {
	if strings.HasSuffix(audioFile, mp3.Codec.Extension()) {
		return "MP3"
	}
	return "WAVE"
}

// play appends the lines for audio with a title, or "", at an offset. It must be called
// for every piece of audio.
func (s *cueSheet) play(b []byte, title string, at time.Duration) []byte {
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

// end appends the track of audio whose title has not arrived.
func (s *cueSheet) end(b []byte) []byte {
	if !s.nameless {
		return b
	}
	s.nameless = false
	return s.track(b, "", s.since)
}

// gap appends a note that audio is missing at an offset.
func (s *cueSheet) gap(b []byte, at, length time.Duration) []byte {
	return fmt.Appendf(b, "REM GAP %s %.1f seconds are missing\n", index(at), length.Seconds())
}

// track appends a track. Numbers may exceed 99, the limit of CDs.
func (s *cueSheet) track(b []byte, title string, at time.Duration) []byte {
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

// index formats an offset as in cue sheets: minutes, seconds and 1/75 seconds.
func index(at time.Duration) string {
	parts := at * 75 / time.Second
	return fmt.Sprintf("%02d:%02d:%02d", parts/75/60, parts/75%60, parts%75)
}

// quoted replaces the characters of a text that a cue sheet cannot hold; the format has
// no escapes.
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
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	return `"` + text + `"`
}
