package aac

import "encoding/binary"

// id3v2 begins an ID3v2 tag, the only kind that is looked for everywhere.
const id3v2 = "ID3"

// tagSize returns the length of the tag at the start of b, 0 if there is none. more
// means that b is too short to tell.
func tagSize(b []byte) (size int, more bool) {
	switch {
	case hasPrefix(b, id3v2): // id3v2.4.0-structure §3.1
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
	case hasPrefix(b, "TAG"): // ID3v1
		return 128, false
	case hasPrefix(b, "APETAGEX"): // APEv2: header, items, footer
		if len(b) < 32 {
			return 0, true
		}
		if b[23]&0x20 != 0 { // this is the header; the size covers items and footer
			return 32 + int(binary.LittleEndian.Uint32(b[12:])), false
		}
		return 32, false
	case hasPrefix(b, "LYRICSBEGIN"): // Lyrics3 gives its length only at its end; the rest is skipped as garbage
		return 11, false
	}
	more = couldBecome(b, id3v2) || couldBecome(b, "TAG") || couldBecome(b, "APETAGEX") || couldBecome(b, "LYRICSBEGIN")
	return 0, more
}

// candidate returns the next place in b, after its start, where a frame, one of LATM or an
// ID3v2 tag may begin; len(b) if there is none.
func candidate(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case 0xff, latmSync:
			return i
		case id3v2[0]:
			if hasPrefix(b[i:], id3v2) || couldBecome(b[i:], id3v2) {
				return i
			}
		}
	}
	return len(b)
}

func hasPrefix(b []byte, s string) bool { return len(b) >= len(s) && string(b[:len(s)]) == s }

// couldBecome reports whether b is too short to tell whether it begins with s.
func couldBecome(b []byte, s string) bool { return len(b) < len(s) && string(b) == s[:len(b)] }
