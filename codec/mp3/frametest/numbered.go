// Package frametest makes frames for tests: valid, silent, and numbered, so
// that a listener can tell whether every one arrived, once and in order.
package frametest

import (
	"fmt"
	"hash/crc32"
	"strconv"

	tcolgate "github.com/tcolgate/mp3"

	"relay/codec/mp3"
)

// Header returns the frame header with these properties. The sample rate selects
// MPEG-1, 2 or 2.5. Header panics if no frame has them.
func Header(bitRate, sampleRate, channels int) mp3.Header {
	for _, version := range []tcolgate.FrameVersion{tcolgate.MPEG1, tcolgate.MPEG2, tcolgate.MPEG25} {
		b := []byte{0xff, 0xe3 | byte(version)<<3, 0, 0}
		if channels == 1 {
			b[3] = 0xc0
		}
		for i := range 14 * 3 {
			b[2] = byte(i/3+1)<<4 | byte(i%3)<<2
			if h, ok := mp3.ParseHeader(b); ok && h.BitRate == bitRate && h.SampleRate == sampleRate {
				return h
			}
		}
	}
	panic(fmt.Sprintf("no layer III frame has %d bit/s, %d Hz", bitRate, sampleRate))
}

// privateBit tells a numbered frame from a silent one that carries main data for the
// frames after it, see mp3.Splicer.
const privateBit = 0x01

const (
	mark   = "No. "
	length = len(mark) + 16 + 8 // mark, number, checksum, the latter in hex
)

// Numbered returns a silent frame of h's format that carries n in its main data, where
// no decoder looks: no granule uses them. It panics if there is no such frame, or if
// the frame has no room for n.
func Numbered(h mp3.Header, n uint64) []byte {
	f := mp3.Silence(h)
	text := fmt.Appendf(nil, "%s%016x", mark, n)
	text = fmt.Appendf(text, "%08x", crc32.ChecksumIEEE(text))
	if f == nil || copy(f[h.MainData():], text) < length {
		panic(fmt.Sprintf("no frame of %+v has room for a number", h))
	}
	f[2] |= privateBit
	mp3.Frame{Header: h, Data: f}.SetCRC()
	return f
}

// Number returns the number of a frame made by Numbered; ok is false for any other
// frame, and for a damaged one.
func Number(frame []byte) (n uint64, ok bool) {
	h, ok := mp3.ParseHeader(frame)
	if !ok || len(frame) < h.MainData()+length || frame[2]&privateBit == 0 {
		return 0, false
	}
	text := string(frame[h.MainData():][:length])
	if text[:len(mark)] != mark {
		return 0, false
	}
	n, numberErr := strconv.ParseUint(text[len(mark):length-8], 16, 64)
	sum, sumErr := strconv.ParseUint(text[length-8:], 16, 32)
	intact := numberErr == nil && sumErr == nil && uint32(sum) == crc32.ChecksumIEEE([]byte(text[:length-8]))
	return n, intact
}
