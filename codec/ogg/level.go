package ogg

import (
	"hash/maphash"
	"math"

	"relay/codec"
)

// Level knows no more than that encoders spend fewer bytes on quiet passages. A stream
// of constant bit rate has one level. A unit with sound has -59 to 0.
func (k *kind) Level(u codec.Unit) int {
	m, err := mappingOf(u.Format)
	if err != nil {
		return codec.DigitalSilence
	}
	bytes, samples, sound := 0, 0, false
	for p := range packets(u.Data) {
		if n, ok := m.samples(p); ok {
			bytes += len(p)
			samples += n
			sound = sound || !m.isSilent(p)
		}
	}
	if !sound {
		return codec.DigitalSilence
	}
	return m.level(bytes, samples)
}

func clampLevel(db float64) int { return int(math.Round(min(max(db, -59), 0))) }

// fullRate is the bit rate of a loud channel in bit/s.
const fullRate = 128_000

func lossyLevel(bytes, n, rate, channels int) int {
	bitRate := float64(bytes) * 8 * float64(rate) / float64(n)
	return clampLevel(20 * math.Log10(bitRate/float64(fullRate*channels)))
}

// hashPacket adds a packet and where it ends.
func hashPacket(h *maphash.Hash, p []byte) {
	maphash.WriteComparable(h, len(p))
	h.Write(p)
}
