package mp3

import (
	"fmt"
	"strconv"

	"github.com/tcolgate/mp3"
)

// Format is what all frames of one run of an encoder have in common, and what players
// expect to stay: the bit rate and the stereo mode may change from frame to frame. The
// sample rate implies the MPEG version.
type Format struct {
	SampleRate int // Hz
	Channels   int // 1 or 2
}

// Format returns the format of the frame.
func (h Header) Format() Format { return Format{h.SampleRate, h.Channels} }

// String returns the format in words, such as "44.1 kHz stereo".
func (f Format) String() string {
	channels := "mono"
	if f.Channels == 2 {
		channels = "stereo"
	}
	return fmt.Sprintf("%s kHz %s", strconv.FormatFloat(float64(f.SampleRate)/1000, 'f', -1, 64), channels)
}

// Header returns the header of a frame of the format without padding and checksum, at
// the bit rate nearest to bitRate (bit/s) that there is; the higher one of two. ok is
// false if layer III does not have the format.
func (f Format) Header(bitRate int) (h Header, ok bool) {
	for _, version := range []mp3.FrameVersion{mp3.MPEG1, mp3.MPEG2, mp3.MPEG25} {
		head := []byte{0xff, 0xe3 | byte(version)<<3, 0, 0}
		if f.Channels == 1 {
			head[3] = byte(mp3.SingleChannel) << 6
		}
		for third := range 256 / 4 {
			head[2] = byte(third) << 2
			got, valid := ParseHeader(head)
			if !valid || got.Format() != f || head[2]&2 != 0 {
				continue
			}
			if distance := abs(got.BitRate - bitRate); !ok || distance <= abs(h.BitRate-bitRate) {
				h, ok = got, true
			}
		}
	}
	return h, ok
}

func abs(n int) int { return max(n, -n) }
