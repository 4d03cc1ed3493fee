package frames

import "time"

// window is how much audio a bit rate is averaged over, in buckets of a second.
const window = 8

// Meter measures a stream by its frames. The zero value is ready.
type Meter struct {
	last    Header
	buckets [window]struct {
		bytes    int
		duration time.Duration
	}
	bucket int
	steady time.Duration // how long the header's bit rate has not changed
}

// Add takes a frame into account.
func (m *Meter) Add(h Header) {
	if h.BitRate != m.last.BitRate {
		m.steady = 0
	}
	m.steady += h.Duration()
	m.last = h
	b := &m.buckets[m.bucket]
	b.bytes += h.Size
	b.duration += h.Duration()
	if b.duration >= time.Second {
		m.bucket = (m.bucket + 1) % window
		m.buckets[m.bucket] = struct {
			bytes    int
			duration time.Duration
		}{}
	}
}

// BitRate returns the bit rate of the last seconds in bit/s: the headers' own
// where they all agree, else the average; 0 before the first frame.
func (m *Meter) BitRate() int {
	var bytes int
	var duration time.Duration
	for _, b := range m.buckets {
		bytes += b.bytes
		duration += b.duration
	}
	if m.steady >= duration {
		return m.last.BitRate
	}
	return int(float64(bytes) * 8 / duration.Seconds())
}

// SampleRate returns that of the last frame in Hz, 0 before there is one.
func (m *Meter) SampleRate() int { return m.last.SampleRate }

// Channels returns those of the last frame, 0 before there is one.
func (m *Meter) Channels() int { return m.last.Channels }
