package frames

import "time"

// window is how much audio a bit rate is averaged over, in buckets of a second.
const window = 8

// Meter measures a stream by its frames. The zero value is ready.
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

// Add takes a frame into account.
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

// BitRate returns the bit rate of the last seconds in bit/s: the headers' own
// where they all agree, else the average, to the kbit/s; 0 before the first
// frame.
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

// SampleRate returns that of the last frame in Hz, 0 before there is one.
func (m *Meter) SampleRate() int { return m.last.SampleRate }

// Channels returns those of the last frame, 0 before there is one.
func (m *Meter) Channels() int { return m.last.Channels }
