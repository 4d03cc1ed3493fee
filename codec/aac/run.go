package aac

import (
	"encoding/hex"
	"fmt"
	"strings"
	"unique"

	"relay/codec"
)

// run is what the frames of one encoder have in common.
type run struct {
	header   Header // of its first frame
	channels string // the bytes of the last PCE, if the configuration is 0
	format   codec.Format
}

// isOf reports whether a frame belongs to the run.
func (r run) isOf(h Header, channels string) bool {
	return r.format.Codec != nil && r.header.sameStream(h) && r.channels == channels
}

// newRun begins a run at the start of b, at a frame with the header h. sure is false if
// more bytes are needed to tell whether there is SBR.
func newRun(b []byte, h Header, channels string, finished bool) (r run, sure bool) {
	if h.Configuration != 0 {
		channels = ""
	}
	upsampled := false
	if h.Profile == LC && h.SampleRate <= maxCore {
		if upsampled, sure = hasSBR(b, finished); !sure {
			return run{}, false
		}
	}
	return run{h, channels, setup{h.Profile, upsampled, h.Configuration, channels}.format(h.SampleRate)}, true
}

// setup is what a decoder must be told besides sample rate and channels, and what a
// Format has as Setup: "LC 2" is LC with the channel_configuration 2, "HE 1" LC with SBR,
// and "LC 0 a0..." has the bytes of a PCE.
type setup struct {
	profile       Profile
	upsampled     bool // by SBR
	configuration int
	channels      string // the bytes of a PCE, if the configuration is 0
}

const upsampledName = "HE"

func (s setup) String() string {
	name := s.profile.String()
	if s.upsampled {
		name = upsampledName
	}
	return strings.TrimSpace(fmt.Sprintf("%s %d %x", name, s.configuration, s.channels))
}

// format returns the format of frames whose headers have a sample rate.
func (s setup) format(sampleRate int) codec.Format {
	if s.upsampled {
		sampleRate *= 2
	}
	return codec.Format{Codec: Codec, SampleRate: sampleRate, Channels: s.config().count(), Setup: unique.Make(s.String())}
}

// config returns the elements of a raw_data_block. Without a PCE, decoders take stereo.
func (s setup) config() config {
	if s.configuration != 0 {
		return configs[s.configuration]
	}
	if c, ok := readConfig([]byte(s.channels)); ok {
		return c
	}
	return configs[2]
}

// setupOf returns the setup of a format. One without a Setup is LC.
func setupOf(f codec.Format) (s setup, ok bool) {
	if f.Setup == (unique.Handle[string]{}) || f.Setup.Value() == "" {
		s = setup{profile: LC, configuration: min(f.Channels, 7)}
		return s, f.Channels >= 1 && s.config().count() == f.Channels
	}
	var name, channels string
	if n, _ := fmt.Sscan(f.Setup.Value(), &name, &s.configuration, &channels); n < 2 || s.configuration < 0 || s.configuration >= len(configs) {
		return setup{}, false
	}
	b, err := hex.DecodeString(channels)
	s.channels = string(b)
	if s.upsampled = name == upsampledName; s.upsampled {
		s.profile = LC
		return s, err == nil
	}
	for s.profile = Main; s.profile <= LTP; s.profile++ {
		if s.profile.String() == name {
			return s, err == nil
		}
	}
	return setup{}, false
}
