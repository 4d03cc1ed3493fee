package mp3_test

import (
	"bytes"
	"testing"
	"time"

	tcolgate "github.com/tcolgate/mp3"

	"relay/codec/mp3"
)

// everyHeader calls do with every four bytes that begin with the eleven sync bits,
// leaving out the bits without effect (private, copyright, original).
func everyHeader(do func(b []byte)) {
	for second := range 32 {
		for third := range 256 {
			for mode := range 4 {
				for emphasis := range 4 {
					do([]byte{0xff, 0xe0 | byte(second), byte(third), byte(mode<<6 | emphasis)})
				}
			}
		}
	}
}

// The results are compared with tables of our own, written from the standard.
func TestParseHeader(t *testing.T) {
	kbit := map[bool][15]int{
		true:  {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
		false: {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
	}
	versions := map[byte]struct {
		version tcolgate.FrameVersion
		divisor int
	}{3: {tcolgate.MPEG1, 1}, 2: {tcolgate.MPEG2, 2}, 0: {tcolgate.MPEG25, 4}}
	valid := 0
	everyHeader(func(b []byte) {
		version, known := versions[b[1]>>3&3]
		bitRate, sampleRate := b[2]>>4, b[2]>>2&3
		want := known && b[1]>>1&3 == 1 && bitRate != 0 && bitRate != 15 && sampleRate != 3 && b[3]&3 != 2
		got, ok := mp3.ParseHeader(b)
		if ok != want {
			t.Fatalf("% x: taken for a header: %v, want %v", b, ok, want)
		}
		if !ok {
			return
		}
		valid++
		mpeg1 := version.version == tcolgate.MPEG1
		h := mp3.Header{
			Version:    version.version,
			BitRate:    kbit[mpeg1][bitRate] * 1000,
			SampleRate: []int{44100, 48000, 32000}[sampleRate] / version.divisor,
			Channels:   2,
			Samples:    576,
			Protected:  b[1]&1 == 0,
		}
		if b[3]>>6 == 3 {
			h.Channels = 1
		}
		slots := 72
		if mpeg1 {
			h.Samples, slots = 1152, 144
		}
		h.Size = slots*h.BitRate/h.SampleRate + int(b[2]>>1&1)
		if got != h {
			t.Fatalf("% x: %+v, want %+v", b, got, h)
		}
	})
	if want := 3 * 14 * 3 * 2 * 2 * 2 * 4 * 3; valid != want { // version, bit rate, sample rate, padding, private, CRC, mode, emphasis
		t.Errorf("%d headers are valid, want %d", valid, want)
	}
	if _, ok := mp3.ParseHeader([]byte{0xff, 0xfb, 0x90}); ok {
		t.Error("three bytes were taken for a header")
	}
}

func TestDurationsDoNotDrift(t *testing.T) {
	for _, h := range everyFormat() {
		const day = 24 * 3600
		n := day * h.SampleRate / h.Samples // frames
		drift := time.Duration(n)*h.Duration() - time.Duration(int64(n)*int64(h.Samples)*1e9/int64(h.SampleRate))
		if drift.Abs() > 100*time.Microsecond {
			t.Fatalf("%d Hz: %v off after a day", h.SampleRate, drift)
		}
	}
}

// everyFormat returns every valid header once.
func everyFormat() (list []mp3.Header) {
	known := map[mp3.Header]bool{}
	everyHeader(func(b []byte) {
		if h, ok := mp3.ParseHeader(b); ok && !known[h] {
			known[h] = true
			list = append(list, h)
		}
	})
	return list
}

func TestSilenceOfEveryFormat(t *testing.T) {
	for _, want := range everyFormat() {
		b := mp3.Silence(want)
		h, ok := mp3.ParseHeader(b)
		if !ok || h != want || len(b) != want.Size {
			t.Fatalf("silence of %+v is %+v in %d bytes", want, h, len(b))
		}
		f := mp3.Frame{Header: h, Data: bytes.Clone(b)}
		if f.MainDataBegin() != 0 {
			t.Fatalf("silence of %+v leans on other frames", want)
		}
		mp3.SetCRC(f)
		if !bytes.Equal(f.Data, b) {
			t.Fatalf("silence of %+v has a wrong CRC", want)
		}
	}
	if mp3.Silence(mp3.Header{}) != nil {
		t.Error("there is silence of no format")
	}
}

func TestMainDataBegin(t *testing.T) {
	tests := []struct {
		head []byte
		side []byte
		want int
	}{
		{[]byte{0xff, 0xfb, 0x90, 0x00}, []byte{0xff, 0x80}, 511},
		{[]byte{0xff, 0xfb, 0x90, 0x00}, []byte{0x80, 0x7f}, 256},
		{[]byte{0xff, 0xfa, 0x90, 0x00}, []byte{0xaa, 0xaa, 0x01, 0x00}, 2}, // after the CRC
		{[]byte{0xff, 0xf3, 0x90, 0x00}, []byte{0xff, 0xff}, 255},
		{[]byte{0xff, 0xe3, 0x90, 0xc0}, []byte{0x01, 0xff}, 1},
	}
	for _, tt := range tests {
		h, ok := mp3.ParseHeader(tt.head)
		if !ok {
			t.Fatalf("% x is no header", tt.head)
		}
		f := mp3.Frame{Header: h, Data: append(append(bytes.Clone(tt.head), tt.side...), make([]byte, 2000)...)[:h.Size]}
		if got := f.MainDataBegin(); got != tt.want {
			t.Errorf("% x % x: %d, want %d", tt.head, tt.side, got, tt.want)
		}
	}
}

// Our CRC must equal the encoder's.
func TestCRC(t *testing.T) {
	for i, f := range load(t, "crc-96-48000-stereo") {
		got := mp3.Frame{Header: f.Header, Data: bytes.Clone(f.Data)}
		mp3.SetCRC(got)
		if !bytes.Equal(got.Data, f.Data) {
			t.Fatalf("frame %d: CRC % x, the encoder's is % x", i, got.Data[4:6], f.Data[4:6])
		}
	}
}
