package codec_test

import (
	"testing"

	"relay/codec"
	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
)

// unitOf returns a silent unit with a header.
func unitOf(h mp3.Header) codec.Unit { return mp3.Frame{Header: h, Data: mp3.Silence(h)}.Unit() }

var stereo128 = frametest.Header(128000, 44100, 2)

func TestMeterForgetsAnOldBitRate(t *testing.T) {
	var m codec.Meter
	if m.BitRate() != 0 || m.Format() != (codec.Format{}) {
		t.Error("an unused meter has measured something")
	}
	low, high := unitOf(frametest.Header(64000, 44100, 2)), unitOf(stereo128)
	for range 1000 {
		m.Add(low)
	}
	for range 20 {
		m.Add(high)
	}
	if got := m.BitRate(); got <= 64000 || got >= 128000 {
		t.Errorf("%d bit/s shortly after the change", got)
	}
	for range 1000 {
		m.Add(high)
	}
	if got := m.BitRate(); got != 128000 {
		t.Errorf("%d bit/s long after the change", got)
	}
}

// What units name is exact; an average of their sizes would not be.
func TestMeterIsExactForConstantBitRates(t *testing.T) {
	for _, h := range []mp3.Header{stereo128, frametest.Header(56000, 44100, 2), frametest.Header(8000, 8000, 1), frametest.Header(320000, 48000, 2), frametest.Header(160000, 22050, 2)} {
		var m codec.Meter
		u := unitOf(h)
		for range 300 {
			m.Add(u)
			if m.BitRate() != h.BitRate || m.Format() != h.Format() {
				t.Fatalf("%+v was measured as %d bit/s, %v", h, m.BitRate(), m.Format())
			}
		}
	}
}

func TestMeterAveragesVariableBitRates(t *testing.T) {
	low, high := unitOf(frametest.Header(64000, 48000, 2)), unitOf(frametest.Header(192000, 48000, 2))
	for _, named := range []bool{true, false} {
		var m codec.Meter
		if !named {
			low.BitRate, high.BitRate = 0, 0
		}
		for range 300 {
			m.Add(low)
			m.Add(high)
		}
		if got := m.BitRate(); got != 128000 {
			t.Errorf("%d bit/s, want the mean of 64000 and 192000", got)
		}
	}
}
