// Package id3 reads title and artist of an MP3 file from its ID3 tags: ID3v2 in its
// versions 2.2 to 2.4 at the begin, ID3v1 at the end.
//
//	in:   a file, and how text of no known charset is read
//	out:  title and artist in UTF-8
//
// Tags are anybody's bytes. What a tag says of its own sizes costs neither memory nor
// many reads, and pictures are passed over unread.
package id3

import (
	"bytes"
	"cmp"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"io"
	"strings"

	"golang.org/x/text/encoding/unicode"
)

const (
	// mostFrames bounds how many frames of a tag are looked at.
	mostFrames = 1000
	// longestText bounds a text, in bytes; a longer one is cut.
	longestText = 16 << 10
	// longestFiltered bounds how much of a tag is read that can only be read from its
	// begin on, in bytes.
	longestFiltered = 16 << 20
)

// Read returns title and artist, each empty where no tag has it. What ID3v2 has is
// not looked for in ID3v1, unless it has no title. The values of a list are joined by commas. text reads bytes
// that ID3 calls Latin-1, and are in whatever charset the tagger's machine had, and
// makes one line of what is UTF-8 already.
func Read(file io.ReaderAt, size int64, text func(string) string) (title, artist string) {
	title, artist = readV2(file, text)
	if title == "" {
		if title, artist := readV1(file, size, text); title != "" {
			return title, artist
		}
	}
	return title, artist
}

// readV1 reads the 128 bytes at the end of a file: "TAG", 30 bytes of title, 30 of
// artist, and more.
func readV1(file io.ReaderAt, size int64, text func(string) string) (title, artist string) {
	var b [128]byte
	if size < int64(len(b)) {
		return "", ""
	}
	if n, _ := file.ReadAt(b[:], size-int64(len(b))); n < len(b) || string(b[:3]) != "TAG" {
		return "", ""
	}
	field := func(b []byte) string {
		b, _, _ = bytes.Cut(b, []byte{0})
		return strings.TrimSpace(text(string(b)))
	}
	return field(b[3:33]), field(b[33:63])
}

// A tag is an ID3v2 tag that is being read.
type tag struct {
	version byte // 2, 3 or 4
	unsync  bool // a zero was put behind each 0xff
	body    body
}

// body is what follows the head of a tag.
type body interface {
	io.Reader
	skip(n int64) error
}

// readV2 reads a tag at the begin of a file:
//
//	"ID3" version revision flags size (4 × 7 bits)
//	perhaps an extended head
//	frames, perhaps zeros
func readV2(file io.ReaderAt, text func(string) string) (title, artist string) {
	var head [10]byte
	if n, _ := file.ReadAt(head[:], 0); n < len(head) || string(head[:3]) != "ID3" {
		return "", ""
	}
	t := tag{version: head[3], unsync: head[5]&0x80 != 0}
	size, ok := sevenBits(head[6:])
	if !ok || t.version < 2 || t.version > 4 || t.version == 2 && head[5]&0x40 != 0 { // the last: compressed, by no known method
		return "", ""
	}
	t.body = section{io.NewSectionReader(file, int64(len(head)), size)}
	if t.unsync && t.version < 4 { // sizes within are those of what was there before
		t.body = &filtered{r: io.NewSectionReader(file, int64(len(head)), min(size, longestFiltered))}
	}
	if t.version > 2 && head[5]&0x40 != 0 && t.skipExtendedHead() != nil {
		return "", ""
	}
	for range mostFrames {
		name, data, err := t.frame()
		if err != nil {
			break
		}
		switch name {
		case "TIT2", "TT2":
			title = cmp.Or(title, values(data, text))
		case "TPE1", "TP1":
			artist = cmp.Or(artist, values(data, text))
		}
		if title != "" && artist != "" {
			break
		}
	}
	return title, artist
}

func (t *tag) skipExtendedHead() error {
	var b [4]byte
	if _, err := io.ReadFull(t.body, b[:]); err != nil {
		return err
	}
	if t.version == 3 {
		return t.body.skip(int64(binary.BigEndian.Uint32(b[:])))
	}
	size, ok := sevenBits(b[:])
	if !ok || size < int64(len(b)) {
		return errBroken
	}
	return t.body.skip(size - int64(len(b)))
}

var (
	errEnd    = errors.New("no frames follow")
	errBroken = errors.New("the tag is broken")
)

// frame reads the next frame. data is nil unless it is one of those that are looked
// for.
func (t *tag) frame() (name string, data []byte, err error) {
	length := 10
	if t.version == 2 {
		length = 6
	}
	var b [10]byte
	if _, err := io.ReadFull(t.body, b[:length]); err != nil {
		return "", nil, err
	}
	var size int64
	var flags byte
	switch t.version {
	case 2:
		name, size = string(b[:3]), int64(b[3])<<16|int64(b[4])<<8|int64(b[5])
	case 3:
		name, size, flags = string(b[:4]), int64(binary.BigEndian.Uint32(b[4:])), b[9]
	default:
		name, size, flags = string(b[:4]), t.frameSize(b[4:8]), b[9]
	}
	if !isName(name) {
		return "", nil, errEnd
	}
	switch name {
	case "TIT2", "TPE1", "TT2", "TP1":
	default:
		return name, nil, t.body.skip(size)
	}
	data = make([]byte, min(size, longestText))
	if _, err = io.ReadFull(t.body, data); err == nil {
		err = t.body.skip(max(0, size-longestText))
	}
	return name, t.unwrap(data, flags), err
}

// frameSize reads the size of a frame in version 2.4. There are programs that write
// all its bits, as in 2.3: what stands behind the frame shows it.
func (t *tag) frameSize(b []byte) int64 {
	all := int64(binary.BigEndian.Uint32(b))
	size, ok := sevenBits(b)
	s, seekable := t.body.(section)
	switch {
	case !ok:
		return all
	case size == all || !seekable || s.frameAt(size) || !s.frameAt(all):
		return size
	}
	return all
}

// unwrap undoes what the flags of a frame say of its data.
func (t *tag) unwrap(data []byte, flags byte) []byte {
	var compressed, encrypted, unsync bool
	extra := 0
	switch t.version {
	case 3:
		compressed, encrypted = flags&0x80 != 0, flags&0x40 != 0
		if compressed {
			extra += 4
		}
		if flags&0x20 != 0 {
			extra++ // its group
		}
	case 4:
		compressed, encrypted, unsync = flags&0x08 != 0, flags&0x04 != 0, flags&0x02 != 0 || t.unsync
		if flags&0x40 != 0 {
			extra++ // its group
		}
		if flags&0x01 != 0 {
			extra += 4 // its length before
		}
	}
	if encrypted || extra > len(data) {
		return nil
	}
	data = data[extra:]
	if unsync {
		data = bytes.ReplaceAll(data, []byte{0xff, 0}, []byte{0xff})
	}
	if compressed {
		r, err := zlib.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil
		}
		data, _ = io.ReadAll(io.LimitReader(r, longestText))
	}
	return data
}

// How a text frame says that its text is encoded.
const (
	latin1      = 0
	utf16Marked = 1
	utf16Big    = 2
	utf8Text    = 3
)

// values reads a text frame, one byte for the encoding and texts with zeros between
// them.
func values(data []byte, text func(string) string) string {
	if len(data) == 0 {
		return ""
	}
	encoding := data[0]
	if encoding <= utf8Text {
		data = data[1:]
	}
	wide := encoding == utf16Marked || encoding == utf16Big || marked(data)
	endian := unicode.LittleEndian
	if encoding == utf16Big {
		endian = unicode.BigEndian
	}
	var list []string
	for _, raw := range split(data, wide) {
		value := string(raw)
		if wide {
			if marked(raw) && raw[0] == 0xfe { // the values that follow need not have a mark of their own
				endian = unicode.BigEndian
			} else if marked(raw) {
				endian = unicode.LittleEndian
			}
			value, _ = unicode.UTF16(endian, unicode.UseBOM).NewDecoder().String(value)
		}
		if value = strings.TrimSpace(text(value)); value != "" {
			list = append(list, value)
		}
	}
	return strings.Join(list, ", ")
}

// marked reports whether a text begins with the byte order mark of UTF-16.
func marked(b []byte) bool {
	return len(b) >= 2 && (b[0] == 0xff && b[1] == 0xfe || b[0] == 0xfe && b[1] == 0xff)
}

// split cuts data at its zeros: characters of two bytes, if wide.
func split(data []byte, wide bool) (parts [][]byte) {
	if !wide {
		return bytes.Split(data, []byte{0})
	}
	begin := 0
	for i := 0; i+1 < len(data); i += 2 {
		if data[i] == 0 && data[i+1] == 0 {
			parts = append(parts, data[begin:i])
			begin = i + 2
		}
	}
	return append(parts, data[begin:len(data)&^1])
}

func isName(name string) bool {
	return strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

// sevenBits reads a number of four bytes with seven bits each.
func sevenBits(b []byte) (n int64, ok bool) {
	for _, c := range b[:4] {
		if c&0x80 != 0 {
			return 0, false
		}
		n = n<<7 | int64(c)
	}
	return n, true
}

// section is a body that is as it was written.
type section struct{ *io.SectionReader }

func (s section) skip(n int64) error {
	_, err := s.Seek(n, io.SeekCurrent)
	return err
}

// frameAt reports whether a frame, zeros or the end stand so many bytes further on.
func (s section) frameAt(n int64) bool {
	at, _ := s.Seek(0, io.SeekCurrent)
	if at+n >= s.Size() {
		return at+n == s.Size()
	}
	var name [4]byte
	got, _ := s.ReadAt(name[:], at+n)
	b := name[:got]
	return len(bytes.Trim(b, "\x00")) == 0 || len(b) == 4 && isName(string(b))
}

// filtered is a body in which a zero follows each 0xff that was there before.
type filtered struct {
	r    io.Reader
	last byte
}

func (f *filtered) Read(b []byte) (int, error) {
	for {
		n, err := f.r.Read(b)
		kept := b[:0]
		for _, c := range b[:n] {
			if f.last != 0xff || c != 0 {
				kept = append(kept, c)
			}
			f.last = c
		}
		if len(kept) > 0 || err != nil || n == 0 {
			return len(kept), err
		}
	}
}

func (f *filtered) skip(n int64) error {
	_, err := io.CopyN(io.Discard, f, n)
	return err
}
