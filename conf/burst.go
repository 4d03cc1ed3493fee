package conf

import (
	"errors"
	"time"
)

// Burst is what a new listener is sent at once, in TOML a length of time such as "5s"
// or, as Icecast has it, a size such as "64KiB". A size lasts as long as the bit rate
// makes it: 64 KiB are 1.6 s at 320 kbit/s and 66 s at 8. The zero value is no burst.
type Burst struct {
	Time Duration // 0: the burst is a size
	Size Size
}

// MaxBurst is the longest burst that can be configured as a time: listeners hear a
// stream that much late.
const MaxBurst = Duration(time.Minute)

// String prints b as it is written in the file.
func (b Burst) String() string {
	if b.Time != 0 {
		return b.Time.String()
	}
	return b.Size.String()
}

// MarshalText returns b.String(), so that a Burst is written as it is read.
func (b Burst) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalTOML reads a duration, a size or a whole number of bytes.
func (b *Burst) UnmarshalTOML(v any) error {
	*b = Burst{}
	s, isString := v.(string)
	if _, err := time.ParseDuration(s); isString && err == nil && s != "0" {
		return b.Time.UnmarshalTOML(v)
	}
	if err := b.Size.UnmarshalTOML(v); err != nil {
		return errors.New(`wants a time such as "5s" or a size such as "64KiB"`)
	}
	return nil
}

// check reports a burst that is out of bounds at p; buffer is limits.buffer.
func (b Burst) check(r *reader, p path, buffer Size) {
	between(r, p, b.Time, 0, MaxBurst)
	if b.Size > buffer {
		r.fail(p, "must not be larger than limits.buffer (%v)", buffer)
	}
}
