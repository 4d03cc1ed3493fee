// Package tag finds the ends of the tags that stand before, between and behind the frames
// of a stream: ID3v1, ID3v2, APEv2 and Lyrics3.
//
//	in:   bytes where a tag may begin
//	out:  its length
//
// It starts no goroutines.
package tag

import (
	"bytes"
	"encoding/binary"
)

// ID3v2 begins an ID3v2 tag. It is too long to occur by chance, so this kind is looked for
// in garbage too.
const ID3v2 = "ID3"

// kinds are the beginnings of all tags.
var kinds = []string{ID3v2, "TAG", "APETAGEX", "LYRICSBEGIN"}

// Size returns the length of the tag at the start of b, 0 if there is none. more means
// that b is too short to tell.
func Size(b []byte) (size int, more bool) {
	switch {
	case Begins(b, ID3v2):
		return SizeID3v2(b)
	case Begins(b, "TAG"): // ID3v1
		return 128, false
	case Begins(b, "APETAGEX"): // APEv2: header, items, footer
		if len(b) < 32 {
			return 0, true
		}
		if b[23]&0x20 != 0 { // this is the header; the size covers items and footer
			return 32 + int(binary.LittleEndian.Uint32(b[12:])), false
		}
		return 32, false
	case Begins(b, "LYRICSBEGIN"): // Lyrics3 gives its length only at its end; the rest is skipped as garbage
		return 11, false
	}
	for _, kind := range kinds {
		more = more || CouldBecome(b, kind)
	}
	return 0, more
}

// SizeID3v2 is Size for ID3v2 alone (id3v2.4.0-structure §3.1).
func SizeID3v2(b []byte) (size int, more bool) {
	if !Begins(b, ID3v2) {
		return 0, CouldBecome(b, ID3v2)
	}
	if len(b) < 10 {
		return 0, true
	}
	if b[3] == 0xff || b[4] == 0xff || b[5]&0x0f != 0 || (b[6]|b[7]|b[8]|b[9])&0x80 != 0 {
		return 0, false
	}
	size = 10 + (int(b[6])<<21 | int(b[7])<<14 | int(b[8])<<7 | int(b[9])) // four times seven bits
	if b[5]&0x10 != 0 {
		size += 10 // a footer
	}
	return size, false
}

// Begins reports whether b begins with s.
func Begins(b []byte, s string) bool { return len(b) >= len(s) && string(b[:len(s)]) == s }

// CouldBecome reports whether b is too short to tell whether it begins with s.
func CouldBecome(b []byte, s string) bool { return len(b) < len(s) && string(b) == s[:len(b)] }

// Candidate returns the next place in b, after its start, where a frame or an ID3v2 tag may
// begin: a frame by one of the bytes sync. It returns len(b) if there is none.
func Candidate(b []byte, sync ...byte) int {
	for i := 1; i < len(b); i++ {
		switch {
		case bytes.IndexByte(sync, b[i]) >= 0:
			return i
		case b[i] == ID3v2[0] && (Begins(b[i:], ID3v2) || CouldBecome(b[i:], ID3v2)):
			return i
		}
	}
	return len(b)
}
