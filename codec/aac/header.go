package aac

import (
	"time"

	"relay/codec/frames"
)

// HeaderSize is the length of a header without CRC in bytes (§1.A.2.2).
const HeaderSize = 7

// frameSamples is how many samples of each channel a raw_data_block holds.
const frameSamples = 1024

// sampleRates are those of sampling_frequency_index, in Hz (§1.6.3.3).
var sampleRates = [...]int{96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350}

// Header is a decoded ADTS header.
type Header struct {
	MPEG2         bool // ISO/IEC 13818-7 rather than 14496-3
	Profile       Profile
	SampleRate    int  // Hz, half of what is heard if there is SBR
	Configuration int  // channel_configuration: 1 to 7, or 0 if a PCE says what the channels are
	Size          int  // bytes of the whole frame, the header included
	Fullness      int  // of the encoder's bit reservoir, in 32 bit for each channel; 0x7ff: variable bit rate
	Blocks        int  // raw_data_blocks, 1 to 4
	Protected     bool // there is a CRC
}

// Profile is the audio object type, less one.
type Profile int

// The profiles that ADTS can name.
const (
	Main Profile = iota
	LC
	SSR
	LTP // not in MPEG-2
)

// String returns the usual short name.
func (p Profile) String() string { return [...]string{"Main", "LC", "SSR", "LTP"}[p] }

// ParseHeader reads the header at the start of b. ok is false if there is none.
func ParseHeader(b []byte) (h Header, ok bool) {
	if len(b) < HeaderSize || b[0] != 0xff || b[1]&0xf6 != 0xf0 {
		return Header{}, false
	}
	index := int(b[2] >> 2 & 0x0f)
	if index >= len(sampleRates) {
		return Header{}, false
	}
	h = Header{
		MPEG2:         b[1]&0x08 != 0,
		Protected:     b[1]&0x01 == 0,
		Profile:       Profile(b[2] >> 6),
		SampleRate:    sampleRates[index],
		Configuration: int(b[2]&0x01)<<2 | int(b[3]>>6),
		Size:          int(b[3]&0x03)<<11 | int(b[4])<<3 | int(b[5]>>5),
		Fullness:      int(b[5]&0x1f)<<6 | int(b[6]>>2),
		Blocks:        int(b[6]&0x03) + 1,
	}
	ok = h.Size > h.payload() && h.Size <= h.payload()+h.most() && (h.Profile != LTP || !h.MPEG2)
	if !ok {
		return Header{}, false
	}
	return h, true
}

// payload returns where the first raw_data_block begins: behind the header and, in a
// protected frame, the places of all further blocks and a CRC.
func (h Header) payload() int {
	if h.Protected {
		return HeaderSize + 2*h.Blocks
	}
	return HeaderSize
}

// most returns the most bytes that the raw_data_blocks may have: 6144 bits for each
// channel (§4.5.3.1). A header that claims more is wrong. It might keep a slow stream
// waiting for seconds.
func (h Header) most() int {
	if h.Configuration == 0 {
		return 1<<13 - 1
	}
	return 6144 / 8 * configs[h.Configuration].count() * h.Blocks
}

// Duration is how long the frame sounds, to the nearest nanosecond.
func (h Header) Duration() time.Duration {
	rate := time.Duration(h.SampleRate)
	return (frameSamples*time.Duration(h.Blocks)*time.Second + rate/2) / rate
}

// sameStream reports whether two headers can come from one run of an encoder: whether
// the fixed fields agree, apart from those that have no meaning to a decoder.
func (h Header) sameStream(other Header) bool {
	return h.MPEG2 == other.MPEG2 && h.Protected == other.Protected && h.Profile == other.Profile &&
		h.SampleRate == other.SampleRate && h.Configuration == other.Configuration
}

// ADTS is what the headers of frames are like. Its stream has the bits of the fields that
// sameStream compares.
var ADTS = frames.Header{Sync: 0xff, Size: HeaderSize, Parse: func(b []byte) (size int, stream uint32) {
	h, ok := ParseHeader(b)
	if !ok {
		return 0, 0
	}
	return h.Size, uint32(b[1])<<16 | uint32(b[2]&0xfd)<<8 | uint32(b[3]&0xc0)
}}

// bytes returns the header.
func (h Header) bytes() (b [HeaderSize]byte) {
	index := 0
	for sampleRates[index] != h.SampleRate {
		index++
	}
	b[0], b[1] = 0xff, 0xf1
	if h.MPEG2 {
		b[1] |= 0x08
	}
	if h.Protected {
		b[1] &^= 0x01
	}
	b[2] = byte(h.Profile)<<6 | byte(index)<<2 | byte(h.Configuration>>2)
	b[3] = byte(h.Configuration)<<6 | byte(h.Size>>11)
	b[4] = byte(h.Size >> 3)
	b[5] = byte(h.Size)<<5 | byte(h.Fullness>>6)
	b[6] = byte(h.Fullness)<<2 | byte(h.Blocks-1)
	return b
}
