package conf

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Duration is a length of time, in TOML a string such as "500ms", "10s",
// "1m30s", "2h" or "7d".
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
	const want = `a duration such as "500ms", "10s", "2h" or "7d"`
	if v == int64(0) {
		*d = 0
		return nil
	}
	s, ok := v.(string)
	if !ok {
		return wrongKind(want, v)
	}
	parsed, err := parseDuration(s)
	if err != nil {
		return fmt.Errorf("wants %s", want)
	}
	if parsed < 0 {
		return errors.New("must not be negative")
	}
	*d = Duration(parsed)
	return nil
}

// parseDuration is time.ParseDuration, but knows days of 24 hours: "7d", "1d12h".
func parseDuration(s string) (time.Duration, error) {
	days, rest, found := strings.Cut(s, "d")
	if !found {
		return time.ParseDuration(s)
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil {
		return 0, err
	}
	d := time.Duration(n) * 24 * time.Hour
	if rest == "" {
		return d, nil
	}
	more, err := time.ParseDuration(rest)
	if err == nil && (more < 0 || more >= 24*time.Hour) {
		err = errors.New("more than days")
	}
	return d + more, err
}
