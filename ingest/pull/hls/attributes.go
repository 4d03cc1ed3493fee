package hls

import (
	"strconv"
	"strings"
	"time"
)

// attributes are those of a tag (RFC 8216 §4.2), without the quotes around their values.
type attributes map[string]string

// parseAttributes reads NAME=value,NAME="value, with a comma",…. It stops at what it cannot
// read.
func parseAttributes(text string) attributes {
	a := attributes{}
	for text != "" {
		name, rest, ok := strings.Cut(text, "=")
		if !ok {
			break
		}
		var value string
		if quoted, ok := strings.CutPrefix(rest, `"`); ok {
			if value, rest, ok = strings.Cut(quoted, `"`); !ok {
				break
			}
			_, text, _ = strings.Cut(rest, ",")
		} else {
			value, text, _ = strings.Cut(rest, ",")
		}
		a[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	return a
}

// maxLength bounds every duration in a playlist.
const maxLength = time.Hour

// seconds reads a number of seconds; what is not one, or negative, is 0.
func seconds(text string) time.Duration {
	s, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || !(s > 0) {
		return 0
	}
	return time.Duration(min(s, maxLength.Seconds()) * float64(time.Second))
}

// layouts are the ways to write a time. RFC 8216 §4.3.2.6 asks for the first one; ffmpeg
// writes the second.
var layouts = []string{"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05Z07"}

// moment reads a date and time; what is not one is the zero time.
func moment(text string) time.Time {
	for _, layout := range layouts {
		if at, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
			return at
		}
	}
	return time.Time{}
}
