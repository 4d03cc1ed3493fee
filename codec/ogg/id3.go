package ogg

import "bytes"

// maxID3 is how much of an ID3v2 tag is skipped, in bytes.
const maxID3 = 16 << 20

// id3Size returns the length of the ID3v2 tag at the start of b (id3v2.4.0-structure
// §3.1), 0 if there is none. more means that b is too short to tell.
func id3Size(b []byte) (size int, more bool) {
	const magic = "ID3"
	if n := min(len(b), len(magic)); string(b[:n]) != magic[:n] {
		return 0, false
	}
	if len(b) < 10 {
		return 0, true
	}
	if b[3] == 0xff || b[4] == 0xff || b[5]&0x0f != 0 || (b[6]|b[7]|b[8]|b[9])&0x80 != 0 {
		return 0, false
	}
	size = 10 + (int(b[6])<<21 | int(b[7])<<14 | int(b[8])<<7 | int(b[9]))
	if b[5]&0x10 != 0 {
		size += 10 // a footer
	}
	return min(size, maxID3), false
}

// skipID3 skips bytes of a tag. A page ends it, since its length may be wrong, and must
// not silence a live stream.
func (f *Framer) skipID3(b []byte) {
	n := min(f.id3, len(b))
	if i := bytes.Index(b[:n], []byte(capture)); i >= 0 {
		n, f.id3 = i, i
	}
	f.id3 -= n
	f.at += n
	f.stats.Tags += int64(n)
}
