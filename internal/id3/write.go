package id3

import "unicode/utf8"

// Frame is a frame of a tag that is written: its four letters and its body.
type Frame struct {
	Name string
	Body []byte
}

// Text returns a text frame, such as TIT2, in UTF-8.
func Text(name, text string) Frame {
	const utf8 = 3 // §4 of the ID3v2.4 structure
	return Frame{name, append([]byte{utf8}, text...)}
}

// Private returns a PRIV frame: an owner, which is an address, and the owner's data.
func Private(owner string, data []byte) Frame {
	return Frame{"PRIV", append(append([]byte(owner), 0), data...)}
}

// Append appends an ID3v2.4 tag with frames to dst. A frame may have up to 256 MiB.
func Append(dst []byte, frames ...Frame) []byte {
	size := 0
	for _, f := range frames {
		size += headSize + len(f.Body)
	}
	return appendFrames(appendSize(append(dst, 'I', 'D', '3', 4, 0, 0), size), frames)
}

// AppendSized is Append for a tag of exactly size bytes: padding fills it up, and text that
// does not fit is cut, or left out.
func AppendSized(dst []byte, size int, frames ...Frame) []byte {
	room := size - headSize
	dst = appendSize(append(dst, 'I', 'D', '3', 4, 0, 0), room)
	for _, f := range frames {
		if room <= headSize+1 { // a text has a byte for its encoding
			break
		}
		f.Body = cut(f.Body, room-headSize)
		dst = appendFrames(dst, []Frame{f})
		room -= headSize + len(f.Body)
	}
	return append(dst, make([]byte, room)...)
}

// cut returns as much of a text in UTF-8 as n bytes hold.
func cut(text []byte, n int) []byte {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

func appendFrames(dst []byte, frames []Frame) []byte {
	for _, f := range frames {
		dst = append(dst, f.Name...)
		dst = append(appendSize(dst, len(f.Body)), 0, 0)
		dst = append(dst, f.Body...)
	}
	return dst
}

// appendSize appends a size in four bytes of seven bits.
func appendSize(dst []byte, n int) []byte {
	return append(dst, byte(n>>21&0x7f), byte(n>>14&0x7f), byte(n>>7&0x7f), byte(n&0x7f))
}
