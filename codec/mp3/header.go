package mp3

import (
	"time"

	"github.com/tcolgate/mp3"

	"relay/codec/frames"
)

// HeaderSize is the length of a frame header in bytes (§2.4.1.3).
const HeaderSize = 4

// Header is a decoded frame header.
//
// Exact clocks should use Samples and SampleRate: a frame lasts Samples/SampleRate
// seconds, which is seldom a whole number of nanoseconds.
type Header struct {
	Version    mp3.FrameVersion // mp3.MPEG1, mp3.MPEG2 or mp3.MPEG25
	BitRate    int              // bit/s
	SampleRate int              // Hz
	Channels   int              // 1 or 2
	Samples    int              // per channel: 1152, or 576 for MPEG-2 and 2.5
	Size       int              // bytes of the whole frame, the header included
	Protected  bool             // two bytes of CRC follow the header
}

// ParseHeader reads the header of a layer III frame at the start of b. ok is false if
// there is none. Free format (bit rate index 0) counts as none: its headers do not give
// the frame's length.
func ParseHeader(b []byte) (h Header, ok bool) {
	if len(b) < HeaderSize || b[0] != 0xff || b[1]&0xe0 != 0xe0 {
		return Header{}, false
	}
	field := mp3.FrameHeader(b[:HeaderSize])
	if field.Version() == mp3.MPEGReserved || field.Layer() != mp3.Layer3 || field.Emphasis() == mp3.EmphReserved {
		return Header{}, false
	}
	bitRate, sampleRate := int(field.BitRate()), int(field.SampleRate())
	if bitRate <= 0 || sampleRate <= 0 {
		return Header{}, false
	}
	h = Header{
		Version:    field.Version(),
		BitRate:    bitRate,
		SampleRate: sampleRate,
		Channels:   2,
		Samples:    1152,
		Protected:  field.Protection(),
	}
	if field.ChannelMode() == mp3.SingleChannel {
		h.Channels = 1
	}
	if h.Version != mp3.MPEG1 {
		h.Samples = 576
	}
	h.Size = h.Samples / 8 * bitRate / sampleRate // §2.4.3.1: 144 or 72 × bit rate ÷ sample rate
	if field.Pad() {
		h.Size++
	}
	return h, true
}

// withRoom returns a header like head of a frame that has room for n bytes of main data:
// head itself, or one with the lowest higher bit rate that suffices, without padding.
func withRoom(head [HeaderSize]byte, n int) (_ [HeaderSize]byte, h Header, ok bool) {
	for h, ok = ParseHeader(head[:]); ok && h.own() < n; h, ok = ParseHeader(head[:]) {
		head[2] = head[2]&^0x02 + 0x10 // bitrate_index, padding_bit
	}
	return head, h, ok
}

// Duration is how long the frame sounds, to the nearest nanosecond. In any format, the
// sum over a day is off by less than a tenth of a millisecond.
func (h Header) Duration() time.Duration {
	rate := time.Duration(h.SampleRate)
	return (time.Duration(h.Samples)*time.Second + rate/2) / rate
}

// stream is the same in all headers of one run of an encoder: only the bit rate, the
// padding and the stereo mode may change from frame to frame.
func (h Header) stream() uint32 {
	return uint32(h.SampleRate)<<8 | uint32(h.Version)<<4 | uint32(h.Channels)
}

// header is what the package frames must know.
var header = frames.Header{Sync: 0xff, Size: HeaderSize, Parse: func(b []byte) (int, uint32) {
	h, _ := ParseHeader(b)
	return h.Size, h.stream()
}}
