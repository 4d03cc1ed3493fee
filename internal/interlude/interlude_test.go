package interlude

import (
	"testing"
	"time"
)

// A header is what the tests need of an MPEG-1 layer III frame
// (ISO 11172-3, 2.4.1.3 and 2.4.1.7).
type header struct {
	bitrate, sampleRate int
	jointStereo         bool
	size                int // bytes, header and padding included
	mainDataBegin       int // how far back into earlier frames its data begin
}

// frames walks the embedded piece from header to header and fails on any byte
// that belongs to no frame, as a tag's would.
func frames(t *testing.T) []header {
	t.Helper()
	bitrates := [16]int{1: 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320}
	sampleRates := [4]int{44100, 48000, 32000}
	var all []header
	for at := 0; at < len(MP3); {
		b := MP3[at:]
		// The last bit of the second byte says that no checksum follows.
		if len(b) < 6 || b[0] != 0xff || b[1] != 0xfb {
			t.Fatalf("byte %d begins no frame: % x", at, b[:min(4, len(b))])
		}
		h := header{
			bitrate:       bitrates[b[2]>>4] * 1000,
			sampleRate:    sampleRates[b[2]>>2&3],
			jointStereo:   b[3]>>6 == 1,
			mainDataBegin: int(b[4])<<1 | int(b[5])>>7,
		}
		if h.bitrate == 0 || h.sampleRate == 0 {
			t.Fatalf("byte %d begins a frame of no fixed rate: % x", at, b[:4])
		}
		h.size = 144*h.bitrate/h.sampleRate + int(b[2]>>1&1)
		if h.size > len(b) {
			t.Fatalf("the frame at byte %d has %d of its %d bytes", at, len(b), h.size)
		}
		all = append(all, h)
		at += h.size
	}
	return all
}

func TestPieceIsSmallEnoughToShip(t *testing.T) {
	if len(MP3) > 500_000 {
		t.Errorf("%d bytes, more than 500,000", len(MP3))
	}
}

func TestEveryFrameHasTheSameFormat(t *testing.T) {
	for i, h := range frames(t) {
		if h.bitrate != 128_000 || h.sampleRate != 44_100 || !h.jointStereo {
			t.Fatalf("frame %d is not 128 kbit/s, 44.1 kHz, joint stereo: %+v", i, h)
		}
	}
}

func TestEveryFrameStandsAlone(t *testing.T) {
	for i, h := range frames(t) {
		if h.mainDataBegin != 0 {
			t.Fatalf("frame %d begins %d bytes back in earlier frames", i, h.mainDataBegin)
		}
	}
}

// An Info frame is a frame like any other but for its name, where the sound of
// a stereo frame would begin.
func TestNoFrameIsAnInfoFrame(t *testing.T) {
	at := 0
	for i, h := range frames(t) {
		switch name := string(MP3[at+36 : at+40]); name {
		case "Xing", "Info":
			t.Errorf("frame %d is a tag named %s", i, name)
		}
		at += h.size
	}
}

// A server that paces by bytes and one that paces by frames must agree for
// ever, so the padded frames have to add up to the bitrate within the loop.
func TestLoopKeepsItsBitrateExactly(t *testing.T) {
	all := frames(t)
	length := time.Duration(len(all)) * 1152 * time.Second / 44_100
	if want := 30_720 * time.Millisecond; length != want {
		t.Errorf("the loop lasts %v, want %v", length, want)
	}
	if got, want := int64(len(MP3))*8*int64(time.Second), 128_000*int64(length); got != want {
		t.Errorf("%d bytes in %v are not 128 kbit/s", len(MP3), length)
	}
}
