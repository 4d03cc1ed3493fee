package id3

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
	const headSize = 10 // of the tag and of each frame
	size := 0
	for _, f := range frames {
		size += headSize + len(f.Body)
	}
	dst = append(dst, 'I', 'D', '3', 4, 0, 0)
	dst = appendSize(dst, size)
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
