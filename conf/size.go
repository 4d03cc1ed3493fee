package conf

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes, in TOML a string such as "64KiB", "1MiB", "512KB"
// or "1000", or a whole number.
type Size int64

// units in the order in which String prefers them; their case is ignored when reading.
var units = []struct {
	name  string
	bytes int64
}{
	{"GiB", 1 << 30},
	{"MiB", 1 << 20},
	{"KiB", 1 << 10},
	{"GB", 1e9},
	{"MB", 1e6},
	{"KB", 1e3},
	{"B", 1},
}

// String prints s in the largest unit that gives a whole number: "64KiB", "1MB",
// "1001".
func (s Size) String() string {
	for _, u := range units[:len(units)-1] {
		if s != 0 && int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// MarshalText returns s.String(), so that a Size is written as it is read.
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalTOML reads a string or a whole number.
func (s *Size) UnmarshalTOML(v any) error {
	const want = `a size such as "64KiB", "1MiB" or "512KB"`
	var n int64
	switch v := v.(type) {
	case int64:
		n = v
	case string:
		digits, factor := cutUnit(strings.TrimSpace(v))
		parsed, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return fmt.Errorf("wants %s", want)
		}
		if parsed > math.MaxInt64/factor {
			return errors.New("is too large a size")
		}
		n = max(parsed, -1) * factor
	default:
		return wrongKind(want, v)
	}
	if n < 0 {
		return errors.New("must not be negative")
	}
	*s = Size(n)
	return nil
}

// cutUnit splits "64KiB" into its digits and the size of the unit in bytes.
func cutUnit(s string) (digits string, factor int64) {
	for _, u := range units {
		if cut := len(s) - len(u.name); cut >= 0 && strings.EqualFold(s[cut:], u.name) {
			return strings.TrimSpace(s[:cut]), u.bytes
		}
	}
	return s, 1
}
