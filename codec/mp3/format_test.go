package mp3_test

import (
	"testing"

	"relay/codec"
	"relay/codec/mp3"
)

func TestHeaderOfFormat(t *testing.T) {
	for _, tt := range []struct {
		format codec.Format
		near   int
		want   int
	}{
		{codec.Format{Codec: mp3.Codec, SampleRate: 44100, Channels: 2}, 128_000, 128_000},
		{codec.Format{Codec: mp3.Codec, SampleRate: 48000, Channels: 1}, 8_000, 32_000},
		{codec.Format{Codec: mp3.Codec, SampleRate: 44100, Channels: 2}, 144_000, 160_000},
		{codec.Format{Codec: mp3.Codec, SampleRate: 22050, Channels: 1}, 320_000, 160_000},
		{codec.Format{Codec: mp3.Codec, SampleRate: 8000, Channels: 2}, 0, 8_000},
		{codec.Format{Codec: mp3.Codec, SampleRate: 44000, Channels: 2}, 128_000, 0},
		{codec.Format{}, 128_000, 0},
	} {
		h, ok := mp3.HeaderOf(tt.format, tt.near)
		if h.BitRate != tt.want || ok != (tt.want > 0) || ok && h.Format() != tt.format {
			t.Errorf("%v near %d: %+v, want %d", tt.format, tt.near, h, tt.want)
		}
		if ok && mp3.Silence(h) == nil {
			t.Errorf("%v: no frame has the header %+v", tt.format, h)
		}
	}
}
