package codec

import (
	"fmt"
	"strconv"
	"unique"
)

// Format is what a decoder expects to stay. Units of equal format may follow each other
// through a Splicer. The zero value is an unknown format.
type Format struct {
	Codec      Codec // nil: unknown
	SampleRate int   // Hz, as heard; 0: unknown
	Channels   int   // 0: unknown
	// Setup is what else a decoder is set up with, such as the codebooks of Vorbis. Its
	// value is empty if there is nothing else.
	Setup unique.Handle[string]
}

// IsWhole reports whether codec, sample rate and channels are known.
func (f Format) IsWhole() bool { return f.Codec != nil && f.SampleRate != 0 && f.Channels != 0 }

// Fits reports whether f has all that is known of want, apart from the Setup.
func (f Format) Fits(want Format) bool {
	return (want.Codec == nil || want.Codec == f.Codec) &&
		(want.SampleRate == 0 || want.SampleRate == f.SampleRate) &&
		(want.Channels == 0 || want.Channels == f.Channels)
}

// String returns the format in words, such as "MP3, 44.1 kHz stereo".
func (f Format) String() string {
	name := "unknown codec"
	if f.Codec != nil {
		name = f.Codec.String()
	}
	return fmt.Sprintf("%s, %s kHz %s", name, strconv.FormatFloat(float64(f.SampleRate)/1000, 'f', -1, 64), channels(f.Channels))
}

func channels(n int) string {
	switch n {
	case 1:
		return "mono"
	case 2:
		return "stereo"
	}
	return strconv.Itoa(n) + " channels"
}
