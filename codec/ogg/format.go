package ogg

import (
	"errors"
	"time"
	"unique"

	"relay/codec"
)

// maxRate is the maximum sample rate of any codec in Hz: FLAC has 20 bits for it.
const maxRate = 1<<20 - 1

var errNoSetup = errors.New("the format has no setup of an Ogg codec")

func formatOf(c codec.Codec, rate, channels int, setup string) codec.Format {
	return codec.Format{Codec: c, SampleRate: rate, Channels: channels, Setup: unique.Make(setup)}
}

// length returns how long n samples sound.
func length(n, rate int) time.Duration {
	return time.Duration(n) * time.Second / time.Duration(rate)
}
