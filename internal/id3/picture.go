package id3

import (
	"bytes"
	"io"
)

const (
	// frontCover is the type of a picture of the front cover.
	frontCover = 3
	// maxBeside is the maximum length of the other data in a picture's frame, in bytes.
	maxBeside = 1 << 10
)

// Picture returns the bytes of a picture in a file's ID3v2 tag: the front cover or, if
// there is none, the first picture. It skips pictures of more than most bytes and
// addresses of pictures. The caller must find out the format of the bytes.
func Picture(file io.ReaderAt, most int64) []byte {
	t, ok := open(file)
	if !ok {
		return nil
	}
	wanted := func(name string, size int64) bool { return isPicture(name) && size <= most+maxBeside }
	var first []byte
	for range maxFrames {
		_, data, err := t.frame(wanted, most+maxBeside)
		if err != nil {
			break
		}
		kind, picture := t.picture(data)
		switch {
		case len(picture) == 0 || int64(len(picture)) > most:
		case kind == frontCover:
			return bytes.Clone(picture)
		case first == nil:
			first = bytes.Clone(picture)
		}
	}
	return first
}

// isPicture reports whether a frame holds a picture.
func isPicture(name string) bool { return name == "APIC" || name == "PIC" }

// picture splits the data of a frame:
//
//	encoding of the description (1 byte)
//	type of the file: text and a zero, in version 2.2 three letters
//	type of the picture (1 byte)
//	description and one zero, or two in UTF-16
//	the picture
func (t *tag) picture(data []byte) (kind byte, picture []byte) {
	if len(data) == 0 {
		return 0, nil
	}
	encoding, rest := data[0], data[1:]
	var format []byte
	if t.version == 2 {
		if len(rest) < 3 {
			return 0, nil
		}
		format, rest = rest[:3], rest[3:]
	} else {
		var found bool
		if format, rest, found = bytes.Cut(rest, []byte{0}); !found {
			return 0, nil
		}
	}
	if len(rest) == 0 || string(format) == "-->" { // an address
		return 0, nil
	}
	kind, rest = rest[0], rest[1:]
	if encoding == utf16Marked || encoding == utf16Big {
		for i := 0; i+1 < len(rest); i += 2 {
			if rest[i] == 0 && rest[i+1] == 0 {
				return kind, rest[i+2:]
			}
		}
		return 0, nil
	}
	_, picture, _ = bytes.Cut(rest, []byte{0})
	return kind, picture
}
