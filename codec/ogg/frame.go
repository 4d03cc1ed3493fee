package ogg

import (
	"encoding/binary"
	"math/bits"
)

// frameNumberAt is where the coded number begins in the header of a FLAC frame (RFC 9639
// §9.1): 14 bits of sync, 0, the blocking strategy, 4 bits for block size, sample rate
// and channels each, 3 for the size of a sample, 0.
const frameNumberAt = 4

// maxNumberSize is the maximum length of a coded number in bytes: 36 bits.
const maxNumberSize = 7

// frameHead is the header of a FLAC frame.
type frameHead struct {
	block      int // samples
	channels   int
	numberSize int // of the coded number in bytes
	size       int // of the header in bytes, CRC-8 included
}

// parseFrame reads the header of the frame p, a whole packet.
func parseFrame(p []byte) (h frameHead, ok bool) {
	if len(p) < frameNumberAt+1 || p[0] != 0xff || p[1]&0xfe != 0xf8 || p[3]&1 != 0 {
		return h, false
	}
	block, rate, channels := p[2]>>4, p[2]&0x0f, p[3]>>4
	if block == 0 || rate == 15 || channels > 10 || p[3]>>1&7 == 3 {
		return h, false
	}
	h.channels = 2
	if channels < 8 {
		h.channels = int(channels) + 1
	}
	// The number is coded as in UTF-8: as many ones as there are bytes, or one byte.
	ones := bits.LeadingZeros8(^p[frameNumberAt])
	if ones == 1 || ones > maxNumberSize {
		return h, false
	}
	h.numberSize = max(ones, 1)
	at := frameNumberAt + h.numberSize
	blockAt := at
	switch block {
	case 6:
		at++
	case 7:
		at += 2
	}
	switch rate {
	case 12:
		at++
	case 13, 14:
		at += 2
	}
	h.size = at + 1
	if len(p) < h.size+2 || crc8(p[:at]) != p[at] {
		return h, false
	}
	switch {
	case block == 1:
		h.block = 192
	case block < 6:
		h.block = 576 << (block - 2)
	case block == 6:
		h.block = int(p[blockAt]) + 1
	case block == 7:
		h.block = int(binary.BigEndian.Uint16(p[blockAt:])) + 1
	default:
		h.block = 256 << (block - 8)
	}
	return h, true
}

// appendFrame appends the frame p to dst with the number of its first sample in the link.
//
// The numbers of a source begin again at each join, which RFC 9639 §9.1 does not allow,
// though flac 1.4, ffmpeg 5.1, ogg123 and GStreamer 1.22 play that. Frame numbers that go
// on are no cure: a title ends with a short frame, and libFLAC multiplies the number by
// the usual block size, finds samples missing, and plays silence for them. So every frame
// has the number of a sample, as in streams of variable block size, which a joined stream
// is.
func appendFrame(dst, p []byte, sample uint64) []byte {
	h, ok := parseFrame(p)
	if !ok {
		return append(dst, p...)
	}
	at := len(dst)
	dst = append(dst, p[:frameNumberAt]...)
	dst[at+1] |= 1 // variable block size
	dst = appendNumber(dst, sample&(1<<36-1))
	dst = append(dst, p[frameNumberAt+h.numberSize:h.size-1]...)
	dst = append(dst, crc8(dst[at:]))
	dst = append(dst, p[h.size:len(p)-2]...)
	return binary.BigEndian.AppendUint16(dst, crc16(dst[at:]))
}

// appendNumber appends a number of at most 36 bits, coded as in UTF-8.
func appendNumber(dst []byte, n uint64) []byte {
	if n < 0x80 {
		return append(dst, byte(n))
	}
	size := 2
	for n >= 1<<(5*size+1) {
		size++
	}
	dst = append(dst, byte(0xff<<(8-size))|byte(n>>(6*(size-1))))
	for i := size - 2; i >= 0; i-- {
		dst = append(dst, 0x80|byte(n>>(6*i))&0x3f)
	}
	return dst
}
