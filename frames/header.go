package frames

import (
	"time"

	"github.com/tcolgate/mp3"
)

// HeaderSize is the length of a frame header in bytes (§2.4.1.3).
const HeaderSize = 4

// Header is a frame header, decoded.
type Header struct {
	Version    mp3.FrameVersion // mp3.MPEG1, mp3.MPEG2 or mp3.MPEG25
	BitRate    int              // bit/s
	SampleRate int              // Hz
	Channels   int              // 1 or 2
	Samples    int              // per channel: 1152, or 576 for MPEG-2 and 2.5
	Size       int              // bytes of the whole frame, the header included
	Protected  bool             // two bytes of CRC follow the header
}

// ParseHeader reads the header of a layer III frame at the start of b. ok is
// false where there is none. Free format (bit rate index 0) counts as none:
// its frames do not say how long they are.
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

// Duration is how long the frame sounds, to the nanosecond: a sum over a day
// is less than two milliseconds off.
func (h Header) Duration() time.Duration {
	return time.Duration(h.Samples) * time.Second / time.Duration(h.SampleRate)
}

// sideInfo returns where the side information begins and how long it is
// (§2.4.1.7).
func (h Header) sideInfo() (at, length int) {
	at = HeaderSize
	if h.Protected {
		at += 2
	}
	switch {
	case h.Version == mp3.MPEG1 && h.Channels == 2:
		return at, 32
	case h.Version == mp3.MPEG1 || h.Channels == 2:
		return at, 17
	default:
		return at, 9
	}
}

// MainData returns where the frame's own main data begin. They reach to its
// end; some may belong to later frames.
func (h Header) MainData() int {
	at, length := h.sideInfo()
	return at + length
}

// sameStream reports whether two headers can belong to one encoder's run:
// all that may change from frame to frame is bit rate, padding and the kind of
// stereo.
func (h Header) sameStream(other Header) bool {
	return h.Version == other.Version && h.SampleRate == other.SampleRate && h.Channels == other.Channels
}

// Frame is one whole frame.
type Frame struct {
	Header
	Data []byte // Size bytes, valid until the Cutter that gave it is used again
	Gap  bool   // what came before is lost, or was never there: the frame may lean on it
}

// MainDataBegin returns how many bytes of main data before its own the frame
// needs: up to 511 with MPEG-1, up to 255 with MPEG-2 and 2.5 (§2.4.1.7).
func (f Frame) MainDataBegin() int {
	at, _ := f.sideInfo()
	if f.Version == mp3.MPEG1 {
		return int(f.Data[at])<<1 | int(f.Data[at+1])>>7
	}
	return int(f.Data[at])
}

func (f Frame) setMainDataBegin(n int) {
	at, _ := f.sideInfo()
	if f.Version == mp3.MPEG1 {
		f.Data[at] = byte(n >> 1)
		f.Data[at+1] = f.Data[at+1]&0x7f | byte(n)<<7
		return
	}
	f.Data[at] = byte(n)
}

// setCRC makes the checksum of a protected frame right: CRC-16 of the header's
// last two bytes and the side information (§2.4.3.1).
func (f Frame) setCRC() {
	if !f.Protected {
		return
	}
	crc := uint16(0xffff)
	add := func(b byte) {
		crc ^= uint16(b) << 8
		for range 8 {
			carry := crc & 0x8000
			crc <<= 1
			if carry != 0 {
				crc ^= 0x8005
			}
		}
	}
	at, length := f.sideInfo()
	add(f.Data[2])
	add(f.Data[3])
	for _, b := range f.Data[at : at+length] {
		add(b)
	}
	f.Data[HeaderSize], f.Data[HeaderSize+1] = byte(crc>>8), byte(crc)
}
