package ogg

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"relay/codec"
)

// The comments of all three codecs (Vorbis I §5): a magic, a vendor string, a count, the
// comments "KEY=value". Strings have a length of 4 bytes before them; numbers are little
// endian.

// maxTag is how much of a title or an artist is kept, in bytes.
const maxTag = 4 << 10

const vendor = "relay"

// appendComments appends the comments that say t to dst, which has the magic. They always
// fit on one page.
func appendComments(dst []byte, t codec.Tags) []byte {
	text := func(s string) {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(len(s)))
		dst = append(dst, s...)
	}
	var list []string
	if t.Artist != "" {
		list = append(list, "ARTIST="+clip(t.Artist))
	}
	if t.Title != "" {
		list = append(list, "TITLE="+clip(t.Title))
	}
	text(vendor)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(list)))
	for _, s := range list {
		text(s)
	}
	return dst
}

// clip makes s valid UTF-8 of at most maxTag bytes.
func clip(s string) string {
	if len(s) > maxTag {
		end := maxTag
		for end > maxTag-utf8.UTFMax && !utf8.RuneStart(s[end]) {
			end--
		}
		s = s[:end]
	}
	return strings.ToValidUTF8(s, "")
}

// commentReader reads comments in parts of any size. It keeps little of those that are no
// tags, such as pictures. The zero value must be given a magic.
type commentReader struct {
	magic   int    // its length in bytes
	state   int    // what is read: the fields of the comments in order
	field   []byte // what has been read of it
	skip    int64  // bytes of the field that are left out
	count   uint32 // comments left
	artists []string
	title   string
}

const (
	readMagic = iota
	readVendorLength
	readVendor
	readCount
	readLength
	readComment
	readNothing // behind the comments
)

// add reads the next bytes.
func (r *commentReader) add(b []byte) {
	for len(b) > 0 && r.state != readNothing {
		want, rest := r.want()
		n := min(want-len(r.field), len(b))
		r.field = append(r.field, b[:n]...)
		b = b[n:]
		if len(r.field) < want {
			return
		}
		n = int(min(rest-r.skip, int64(len(b))))
		b = b[n:]
		if r.skip += int64(n); r.skip < rest {
			return
		}
		r.finish()
	}
}

// want returns how many bytes of the current field are kept, and how many behind these
// are left out.
func (r *commentReader) want() (kept int, rest int64) {
	switch r.state {
	case readMagic:
		return r.magic, 0
	case readVendor:
		return 4, int64(r.size())
	case readComment:
		kept = int(min(int64(r.size()), maxTag+16)) // a key and a value
		return 4 + kept, int64(r.size()) - int64(kept)
	}
	return 4, 0
}

// size is the length that the current field has in front.
func (r *commentReader) size() uint32 { return binary.LittleEndian.Uint32(r.field) }

// finish ends the current field and begins the next one.
func (r *commentReader) finish() {
	r.skip = 0
	switch r.state {
	case readVendorLength, readLength:
		r.state++ // the length stays in front of what it counts
		if want, rest := r.want(); want == len(r.field) && rest == 0 {
			r.finish()
		}
		return
	case readCount:
		r.count = r.size()
	case readComment:
		r.keep(string(r.field[4:]))
		r.count--
	}
	r.field = r.field[:0]
	r.state++
	if r.state > readCount {
		r.state = readLength
		if r.count == 0 {
			r.state = readNothing
		}
	}
}

// maxArtists is how many artists are kept of one link.
const maxArtists = 64

// keep keeps a comment that is a tag.
func (r *commentReader) keep(comment string) {
	key, value, _ := strings.Cut(comment, "=")
	value = clip(value)
	switch {
	case value == "":
	case strings.EqualFold(key, "ARTIST") && len(r.artists) < maxArtists:
		r.artists = append(r.artists, value)
	case strings.EqualFold(key, "TITLE") && r.title == "":
		r.title = value
	}
}

func (r *commentReader) tags() codec.Tags {
	return codec.Tags{Artist: clip(strings.Join(r.artists, ", ")), Title: r.title}
}
