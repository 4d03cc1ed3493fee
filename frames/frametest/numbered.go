// Package frametest makes frames for tests: valid, silent, and numbered, so
// that a listener can tell whether every one arrived, once and in order.
package frametest

import (
	"fmt"
	"hash/crc32"
	"strconv"

	"github.com/tcolgate/mp3"

	"relay/frames"
)

// Header returns the frame header with these properties: MPEG-1, 2 or 2.5 by
// the sample rate. It panics where there is no such frame.
func Header(bitRate, sampleRate, channels int) frames.Header {
	for _, version := range []mp3.FrameVersion{mp3.MPEG1, mp3.MPEG2, mp3.MPEG25} {
		b := []byte{0xff, 0xe3 | byte(version)<<3, 0, 0}
		if channels == 1 {
			b[3] = 0xc0
		}
		for i := range 14 * 3 {
			b[2] = byte(i/3+1)<<4 | byte(i%3)<<2
			if h, ok := frames.ParseHeader(b); ok && h.BitRate == bitRate && h.SampleRate == sampleRate {
				return h
			}
		}
	}
	panic(fmt.Sprintf("no layer III frame has %d bit/s, %d Hz", bitRate, sampleRate))
}

const (
	mark   = "No. "
	length = len(mark) + 16 + 8 // mark, number, checksum, the latter in hex
)

// Numbered returns a silent frame of h's format with n hidden in its main
// data, where no decoder looks: no granule uses any. It panics where there is
// no such frame, or none with room.
func Numbered(h frames.Header, n uint64) []byte {
	f := frames.Silence(h)
	text := fmt.Appendf(nil, "%s%016x", mark, n)
	text = fmt.Appendf(text, "%08x", crc32.ChecksumIEEE(text))
	if f == nil || copy(f[h.MainData():], text) < length {
		panic(fmt.Sprintf("no frame of %+v has room for a number", h))
	}
	return f
}

// Number returns the number of a frame made by Numbered; ok is false for any
// other frame, and for one that was damaged.
func Number(frame []byte) (n uint64, ok bool) {
	h, ok := frames.ParseHeader(frame)
	if !ok || len(frame) < h.MainData()+length {
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
