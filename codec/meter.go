package codec

import "time"

// window is the length of audio over which a bit rate is averaged, in buckets of a
// second.
const window = 8

// Meter measures the bit rate and format of a stream. The zero value is ready to use.
type Meter struct {
	format  Format
	named   int // bit/s that the last unit named
	buckets [window]bucket
	current int
	steady  time.Duration // how long units have named the same bit rate
}

// bucket is about a second of audio.
type bucket struct {
	bytes    int
	duration time.Duration
}

// Add counts a unit.
func (m *Meter) Add(u Unit) {
	if u.BitRate != m.named || u.BitRate == 0 {
		m.steady = 0
	}
	m.steady += u.Length
	m.format, m.named = u.Format, u.BitRate
	b := &m.buckets[m.current]
	b.bytes += len(u.Data)
	b.duration += u.Length
	if b.duration >= time.Second {
		m.current = (m.current + 1) % window
		m.buckets[m.current] = bucket{}
	}
}

// BitRate returns the bit rate of the last 8 seconds in bit/s: what the units name if
// they all agree, otherwise the average, rounded to kbit/s; 0 before the first unit.
func (m *Meter) BitRate() int {
	var sum bucket
	for _, b := range m.buckets {
		sum.bytes += b.bytes
		sum.duration += b.duration
	}
	if m.named != 0 && m.steady >= sum.duration || sum.duration == 0 {
		return m.named
	}
	return int(float64(sum.bytes)*8/sum.duration.Seconds()/1000+0.5) * 1000
}

// Format returns the format of the last unit, the zero value before the first one.
func (m *Meter) Format() Format { return m.format }
