package conf

import (
	"fmt"
	"slices"
	"strings"
)

// Format is mount.format: the codec, the sample rate in Hz and the number of channels of
// all audio of a mount. A part that is empty or 0 is that of the first input that plays.
type Format struct {
	Codec    string `toml:"codec"`
	Rate     int    `toml:"rate"`
	Channels int    `toml:"channels"`
}

// The values of codec settings.
const (
	MP3    = "mp3"
	AAC    = "aac"
	Opus   = "opus"
	Vorbis = "vorbis"
	FLAC   = "flac"
)

// Codecs lists the values of codec settings.
var Codecs = []string{MP3, AAC, Opus, Vorbis, FLAC}

// checkCodec reports a codec that there is not.
func checkCodec(r *reader, p path, codec string) {
	if codec != "" && r.usable(p) {
		oneOf(r, p, codec, Codecs...)
	}
}

// sampleRates returns the sample rates that a codec has, in Hz. Those of MP3 are those of
// MPEG-1, MPEG-2 and MPEG-2.5 layer III.
func sampleRates(codec string) []int {
	layer3 := []int{8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000}
	switch codec {
	case Opus:
		return []int{48000}
	case AAC, Vorbis, FLAC:
		return append(layer3, 64000, 88200, 96000)
	}
	return layer3
}

func (f Format) check(r *reader, p path) {
	checkCodec(r, p.key("codec"), f.Codec)
	if rate, rates := p.key("rate"), sampleRates(f.Codec); !r.failed[rate.id] && f.Rate != 0 && !slices.Contains(rates, f.Rate) {
		r.fail(rate, "is not a sample rate of %s in Hz: use one of %s (0: that of the first input)", codecName(f.Codec), strings.Trim(fmt.Sprint(rates), "[]"))
	}
	most := 8
	if f.Codec == "" || f.Codec == MP3 {
		most = 2
	}
	if channels := p.key("channels"); !r.failed[channels.id] && (f.Channels < 0 || f.Channels > most) {
		r.fail(channels, "must be 1 (mono), 2 (stereo) or 0 (that of the first input)")
	}
}

// codecName returns the name of a codec in sentences.
func codecName(codec string) string {
	switch codec {
	case Opus:
		return "Opus"
	case Vorbis:
		return "Vorbis"
	case "":
		return "MP3"
	}
	return strings.ToUpper(codec)
}
