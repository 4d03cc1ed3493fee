package mp3

import "time"

// window is the length of audio over which a bit rate is averaged, in buckets of a
// second.
const window = 8

// Meter measures the bit rate and format of a stream. The zero value is ready to use.
type Meter struct {
	last    Header
	buckets [window]bucket
	current int
	steady  time.Duration // how long the header's bit rate has not changed
}

// bucket is about a second of audio.
type bucket struct {
	bytes    int
	duration time.Duration
}

// Add counts a frame with header h.
func (m *Meter) Add(h Header) {
	if h.BitRate != m.last.BitRate {
		m.steady = 0
	}
	m.steady += h.Duration()
	m.last = h
	b := &m.buckets[m.current]
	b.bytes += h.Size
	b.duration += h.Duration()
	if b.duration >= time.Second {
		m.current = (m.current + 1) % window
		m.buckets[m.current] = bucket{}
	}
}

// BitRate returns the bit rate of the last 8 seconds in bit/s: the headers' value if
// they all agree, otherwise the average, rounded to kbit/s; 0 before the first frame.
func (m *Meter) BitRate() int {
	var sum bucket
	for _, b := range m.buckets {
		sum.bytes += b.bytes
		sum.duration += b.duration
	}
	if m.steady >= sum.duration {
		return m.last.BitRate
	}
	return int(float64(sum.bytes)*8/sum.duration.Seconds()/1000+0.5) * 1000
}

// SampleRate returns the sample rate of the last frame in Hz, 0 before the first one.
func (m *Meter) SampleRate() int { return m.last.SampleRate }

// Channels returns the number of channels of the last frame, 0 before the first one.
func (m *Meter) Channels() int { return m.last.Channels }
