package mp3

import (
	"github.com/tcolgate/mp3"

	"relay/codec"
)

// Format returns the format of the frame: what all frames of one run of an encoder have
// in common. The bit rate and the stereo mode may change from frame to frame. The sample
// rate implies the MPEG version.
func (h Header) Format() codec.Format {
	return codec.Format{Codec: Codec, SampleRate: h.SampleRate, Channels: h.Channels}
}

// HeaderOf returns the header of a frame of a format without padding and checksum, at
// the bit rate nearest to bitRate (bit/s) that there is; the higher one of two. ok is
// false if layer III does not have the format.
func HeaderOf(f codec.Format, bitRate int) (h Header, ok bool) {
	for _, version := range []mp3.FrameVersion{mp3.MPEG1, mp3.MPEG2, mp3.MPEG25} {
		head := []byte{0xff, 0xe3 | byte(version)<<3, 0, 0}
		if f.Channels == 1 {
			head[3] = byte(mp3.SingleChannel) << 6
		}
		for third := range 256 / 4 {
			head[2] = byte(third) << 2
			got, valid := ParseHeader(head)
			if !valid || got.SampleRate != f.SampleRate || got.Channels != f.Channels || head[2]&2 != 0 {
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
