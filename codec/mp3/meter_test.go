package mp3_test

import (
	"testing"

	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
)

func TestMeterForgetsAnOldBitRate(t *testing.T) {
	var m mp3.Meter
	if m.BitRate() != 0 || m.SampleRate() != 0 || m.Channels() != 0 {
		t.Error("an unused meter has measured something")
	}
	low := frametest.Header(64000, 44100, 2)
	for range 1000 {
		m.Add(low)
	}
	for range 20 {
		m.Add(stereo128)
	}
	if got := m.BitRate(); got <= 64000 || got >= 128000 {
		t.Errorf("%d bit/s shortly after the change", got)
	}
	for range 1000 {
		m.Add(stereo128)
	}
	if got := m.BitRate(); got != 128000 {
		t.Errorf("%d bit/s long after the change", got)
	}
}

// The headers give the exact bit rate; an average of frame sizes would not.
func TestMeterIsExactForConstantBitRates(t *testing.T) {
	for _, h := range everyFormat() {
		var m mp3.Meter
		for range 300 {
			m.Add(h)
			if m.BitRate() != h.BitRate || m.SampleRate() != h.SampleRate || m.Channels() != h.Channels {
				t.Fatalf("%+v was measured as %d bit/s, %d Hz", h, m.BitRate(), m.SampleRate())
			}
		}
	}
}

func TestMeterAveragesVariableBitRates(t *testing.T) {
	var m mp3.Meter
	low, high := frametest.Header(64000, 48000, 2), frametest.Header(192000, 48000, 2)
	for range 300 {
		m.Add(low)
		m.Add(high)
	}
	if got := m.BitRate(); got != 128000 {
		t.Errorf("%d bit/s, want the mean of 64000 and 192000", got)
	}
}
