package players

import (
	"fmt"
	"testing"

	"relay/codec/mp3/frametest"
	"relay/e2e/harness"
)

// bitRates are those of the mounts of a station, in kbit/s.
var bitRates = []int{320, 128, 48}

// A station is a server with a mount for each bit rate.
type station struct{ *harness.Relay }

// onAir starts a station and waits until its mounts have a whole burst.
func onAir(t testing.TB, limits string) station {
	t.Helper()
	s := station{harness.Start(t, harness.Config+"[limits]\n"+limits)}
	for _, kbits := range bitRates {
		e := s.Encode(t, mountOf(kbits))
		e.Format = frametest.Header(kbits*1000, 44100, 2)
		e.KeepPlaying(t)
	}
	for _, kbits := range bitRates {
		s.Record(t, mountOf(kbits), 6)
	}
	return s
}

// mountOf returns the mount of a bit rate in kbit/s.
func mountOf(kbits int) string { return fmt.Sprintf("/%d", kbits) }

// bytesPerSecond returns how fast a decoder uses up the audio of a mount.
func bytesPerSecond(kbits int) float64 {
	h := frametest.Header(kbits*1000, 44100, 2) // its frames are not padded: a little less than kbits
	return float64(h.Size) / h.Duration().Seconds()
}
