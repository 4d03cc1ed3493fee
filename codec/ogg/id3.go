package ogg

import (
	"bytes"

	"relay/codec/tag"
)

// maxID3 is how much of an ID3v2 tag is skipped, in bytes.
const maxID3 = 16 << 20

// id3Size returns how much of the ID3v2 tag at the start of b is skipped, 0 if there is
// none. more means that b is too short to tell.
func id3Size(b []byte) (size int, more bool) {
	size, more = tag.SizeID3v2(b)
	return min(size, maxID3), more
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
