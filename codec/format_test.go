package codec_test

import (
	"testing"

	"relay/codec"
	"relay/codec/mp3"
)

func TestFormatInWords(t *testing.T) {
	for format, want := range map[codec.Format]string{
		{Codec: mp3.Codec, SampleRate: 44100, Channels: 2}: "MP3, 44.1 kHz stereo",
		{Codec: mp3.Codec, SampleRate: 8000, Channels: 1}:  "MP3, 8 kHz mono",
		{SampleRate: 48000, Channels: 6}:                   "unknown codec, 48 kHz 6 channels",
	} {
		if got := format.String(); got != want {
			t.Errorf("%+v is %q, want %q", format, got, want)
		}
	}
}

func TestFormatFits(t *testing.T) {
	whole := codec.Format{Codec: mp3.Codec, SampleRate: 44100, Channels: 2}
	for _, tt := range []struct {
		want codec.Format
		fits bool
	}{
		{codec.Format{}, true},
		{whole, true},
		{codec.Format{SampleRate: 44100}, true},
		{codec.Format{SampleRate: 48000}, false},
		{codec.Format{Channels: 1}, false},
		{codec.Format{Codec: mp3.Codec}, true},
	} {
		if got := whole.Fits(tt.want); got != tt.fits {
			t.Errorf("%v fits %+v: %v", whole, tt.want, got)
		}
	}
}
