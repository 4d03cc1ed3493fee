package conf

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Duration is a length of time, in TOML a string such as "500ms", "10s",
// "1m30s" or "2h".
type Duration time.Duration

// Duration is the same as the standard library's type.
func (d Duration) Duration() time.Duration { return time.Duration(d) }

// String prints d as it is written in the file: "2h" where time.Duration prints
// "2h0m0s".
func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText returns d.String(), so that a Duration is written as it is read.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalTOML reads the string of a TOML value. It refuses a number other than 0,
// since that has no unit.
func (d *Duration) UnmarshalTOML(v any) error {
	const want = `a duration such as "500ms", "10s" or "2h"`
	if v == int64(0) {
		*d = 0
		return nil
	}
	s, ok := v.(string)
	if !ok {
		return wrongKind(want, v)
	}
	parsed, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("wants %s", want)
	}
	if parsed < 0 {
		return errors.New("must not be negative")
	}
	*d = Duration(parsed)
	return nil
}
