package mp3_test

import (
	"testing"

	"relay/codec/mp3"
)

func TestHeaderOfFormat(t *testing.T) {
	for _, tt := range []struct {
		format mp3.Format
		near   int
		want   int
	}{
		{mp3.Format{SampleRate: 44100, Channels: 2}, 128_000, 128_000},
		{mp3.Format{SampleRate: 48000, Channels: 1}, 8_000, 32_000},
		{mp3.Format{SampleRate: 44100, Channels: 2}, 144_000, 160_000},
		{mp3.Format{SampleRate: 22050, Channels: 1}, 320_000, 160_000},
		{mp3.Format{SampleRate: 8000, Channels: 2}, 0, 8_000},
		{mp3.Format{SampleRate: 44000, Channels: 2}, 128_000, 0},
		{mp3.Format{}, 128_000, 0},
	} {
		h, ok := tt.format.Header(tt.near)
		if h.BitRate != tt.want || ok != (tt.want > 0) || ok && h.Format() != tt.format {
			t.Errorf("%v near %d: %+v, want %d", tt.format, tt.near, h, tt.want)
		}
		if ok && mp3.Silence(h) == nil {
			t.Errorf("%v: no frame has the header %+v", tt.format, h)
		}
	}
}

func TestFormatInWords(t *testing.T) {
	for format, want := range map[mp3.Format]string{
		{SampleRate: 44100, Channels: 2}: "44.1 kHz stereo",
		{SampleRate: 8000, Channels: 1}:  "8 kHz mono",
		{SampleRate: 22050, Channels: 2}: "22.05 kHz stereo",
	} {
		if got := format.String(); got != want {
			t.Errorf("%+v is %q, want %q", format, got, want)
		}
	}
}
