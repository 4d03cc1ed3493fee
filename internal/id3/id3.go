// Package id3 reads title, artist and cover of an MP3 file from its ID3 tags: ID3v2,
// versions 2.2 to 2.4, at the beginning, ID3v1 at the end.
//
//	in:   a file, and a function that decodes text without a known charset
//	out:  title and artist in UTF-8, the bytes of a picture
//
// Tags may contain any bytes. Wrong sizes in a tag cost neither memory nor many reads,
// and only Picture reads pictures, up to a maximum size.
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
	// maxFrames is the maximum number of frames of a tag that are examined.
	maxFrames = 1000
	// maxText is the maximum length of a text, in bytes; longer texts are cut.
	maxText = 16 << 10
	// MaxFiltered is how much is read of a tag that must be read from its beginning, in
	// bytes: one of version 2.2 or 2.3 with unsynchronisation.
	MaxFiltered = 16 << 20
)

// Read returns title and artist, each empty if no tag has it. ID3v1 is read only if
// ID3v2 has no title. The values of a list are joined by commas. text decodes bytes
// that ID3 calls Latin-1 but are in the charset of the tagger's machine, and converts
// UTF-8 to one line.
func Read(file io.ReaderAt, size int64, text func(string) string) (title, artist string) {
	title, artist = readV2(file, text)
	if title == "" {
		if title, artist := readV1(file, size, text); title != "" {
			return title, artist
		}
	}
	return title, artist
}

// IsCut reports whether Read reads only a part of a file's tag, see MaxFiltered.
func IsCut(file io.ReaderAt) bool {
	t, size, ok := readHead(file)
	return ok && t.isFiltered() && size > MaxFiltered
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
	version  byte // 2, 3 or 4
	unsync   bool // a zero was inserted after each 0xff
	extended bool // an extended header follows; in version 2: the tag is compressed
	body     body
}

// body is the part of a tag after its header.
type body interface {
	io.Reader
	skip(n int64) error
}

// readV2 reads a tag at the beginning of a file:
//
//	"ID3" version revision flags size (4 × 7 bits)
//	optional extended header
//	frames, optional zeros
func readV2(file io.ReaderAt, text func(string) string) (title, artist string) {
	t, ok := open(file)
	if !ok {
		return "", ""
	}
	for range maxFrames {
		name, data, err := t.frame(isText, maxText)
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

// open reads the header of a tag at the beginning of a file; ok is false if there is no
// readable tag.
func open(file io.ReaderAt) (t *tag, ok bool) {
	t, size, ok := readHead(file)
	if !ok {
		return nil, false
	}
	t.body = section{io.NewSectionReader(file, headSize, size)}
	if t.isFiltered() { // sizes inside refer to the bytes before unsynchronisation
		t.body = &filtered{r: io.NewSectionReader(file, headSize, min(size, MaxFiltered))}
	}
	if t.version > 2 && t.extended && t.skipExtendedHead() != nil {
		return nil, false
	}
	return t, true
}

// headSize is the length of a tag's header, in bytes.
const headSize = 10

// readHead reads only the header of a tag; ok is false if there is no readable tag.
// size is the size of the rest.
func readHead(file io.ReaderAt) (t *tag, size int64, ok bool) {
	var head [headSize]byte
	if n, _ := file.ReadAt(head[:], 0); n < len(head) || string(head[:3]) != "ID3" {
		return nil, 0, false
	}
	t = &tag{version: head[3], unsync: head[5]&0x80 != 0, extended: head[5]&0x40 != 0}
	size, ok = sevenBits(head[6:])
	compressed := t.version == 2 && t.extended // by an unspecified method
	return t, size, ok && t.version >= 2 && t.version <= 4 && !compressed
}

// isFiltered reports whether the body of the tag is unsynchronised as a whole rather
// than frame by frame.
func (t *tag) isFiltered() bool { return t.unsync && t.version < 4 }

// isText reports whether a frame holds a title or an artist.
func isText(name string, _ int64) bool {
	switch name {
	case "TIT2", "TPE1", "TT2", "TP1":
		return true
	}
	return false
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

// frame reads the next frame. data is nil unless wanted reports true for the frame; it
// is cut to longest bytes.
func (t *tag) frame(wanted func(name string, size int64) bool, longest int64) (name string, data []byte, err error) {
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
	if !wanted(name, size) {
		return name, nil, t.body.skip(size)
	}
	data, err = io.ReadAll(io.LimitReader(t.body, min(size, longest)))
	if err == nil && int64(len(data)) < min(size, longest) {
		err = io.ErrUnexpectedEOF
	}
	if err == nil {
		err = t.body.skip(max(0, size-longest))
	}
	return name, t.unwrap(data, flags, longest), err
}

// frameSize reads the size of a frame in version 2.4. Some programs write it with all
// bits, as in 2.3; the bytes after the frame show which it is.
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

// unwrap undoes the encodings in the flags of a frame. The result is cut to longest
// bytes.
func (t *tag) unwrap(data []byte, flags byte, longest int64) []byte {
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
			extra += 4 // its original length
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
		data, _ = io.ReadAll(io.LimitReader(r, longest))
	}
	return data
}

// Encodings of a text frame.
const (
	latin1      = 0
	utf16Marked = 1
	utf16Big    = 2
	utf8Text    = 3
)

// values reads a text frame: one byte for the encoding, and texts separated by zeros.
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
			if marked(raw) && raw[0] == 0xfe { // later values may lack the mark
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

// split cuts data at its zeros: zero characters of two bytes if wide is set.
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

// sevenBits reads a number from four bytes of seven bits each.
func sevenBits(b []byte) (n int64, ok bool) {
	for _, c := range b[:4] {
		if c&0x80 != 0 {
			return 0, false
		}
		n = n<<7 | int64(c)
	}
	return n, true
}

// section is a body that is stored unchanged.
type section struct{ *io.SectionReader }

func (s section) skip(n int64) error {
	_, err := s.Seek(n, io.SeekCurrent)
	return err
}

// frameAt reports whether a frame, zeros or the end are n bytes further on.
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

// filtered is a body with a zero inserted after each original 0xff.
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
