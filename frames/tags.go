package frames

import (
	"bytes"
	"encoding/binary"
)

// maxTag bounds the tag sizes that are believed. A tag that claims more is
// searched for frames like any other garbage, so that a lying size costs a
// live stream a minute at the worst.
const maxTag = 1 << 20

// tagHead is how many bytes tell any tag and its size.
const tagHead = 16

// tagSize returns the length of the tag at the start of b: ID3v2 with its
// cover art, ID3v1, APEv2. 0: there is none. more: b is too short to tell.
func tagSize(b []byte) (size int, more bool) {
	switch {
	case hasPrefix(b, "ID3"):
		if len(b) < 10 {
			return 0, true
		}
		// id3v2.4.0-structure §3.1: four times seven bits.
		if b[3] == 0xff || b[4] == 0xff || b[5]&0x0f != 0 || (b[6]|b[7]|b[8]|b[9])&0x80 != 0 {
			return 0, false
		}
		size = 10 + (int(b[6])<<21 | int(b[7])<<14 | int(b[8])<<7 | int(b[9]))
		if b[5]&0x10 != 0 {
			size += 10 // a footer
		}
	case hasPrefix(b, "TAG"):
		size = 128
	case hasPrefix(b, "APETAGEX"):
		if len(b) < tagHead {
			return 0, true
		}
		size = int(binary.LittleEndian.Uint32(b[12:])) + 32 // items and footer, and the header
	case couldBecome(b, "ID3"), couldBecome(b, "TAG"), couldBecome(b, "APETAGEX"):
		return 0, true
	}
	if size > maxTag {
		return 0, false
	}
	return size, false
}

// isInfoFrame reports whether a frame holds an encoder's notes on the whole
// file (Xing, Info, VBRI) in place of audio.
func isInfoFrame(f Frame) bool {
	at, length := f.sideInfo()
	for _, magic := range [...]struct {
		at   int
		text string
	}{
		{at + length, "Xing"}, {at + length, "Info"},
		{HeaderSize + length, "Xing"}, {HeaderSize + length, "Info"}, // some leave out the CRC
		{HeaderSize + 32, "VBRI"},
	} {
		if magic.at < len(f.Data) && hasPrefix(f.Data[magic.at:], magic.text) {
			return true
		}
	}
	return false
}

func hasPrefix(b []byte, s string) bool { return len(b) >= len(s) && string(b[:len(s)]) == s }

// couldBecome reports whether b is too short to tell whether it begins with s.
func couldBecome(b []byte, s string) bool {
	return len(b) < len(s) && bytes.HasPrefix([]byte(s), b)
}
