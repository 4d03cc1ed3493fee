package conf

import "slices"

// Format is mount.format: the sample rate in Hz and the number of channels of all audio
// of a mount. A part that is 0 is that of the first input that plays.
type Format struct {
	Rate     int `toml:"rate"`
	Channels int `toml:"channels"`
}

// sampleRates are those of MPEG-1, MPEG-2 and MPEG-2.5 layer III, in Hz.
var sampleRates = []int{8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000}

func (f Format) check(r *reader, p path) {
	if rate := p.key("rate"); !r.failed[rate.id] && f.Rate != 0 && !slices.Contains(sampleRates, f.Rate) {
		r.fail(rate, "is not a sample rate of MP3 in Hz: use 44100 or 48000, or 8000, 11025, 12000, 16000, 22050, 24000 or 32000 (0: that of the first input)")
	}
	if channels := p.key("channels"); !r.failed[channels.id] && (f.Channels < 0 || f.Channels > 2) {
		r.fail(channels, "must be 1 (mono), 2 (stereo) or 0 (that of the first input)")
	}
}
