package mp3

import (
	"bytes"

	"relay/codec/tag"
)

// isInfoFrame reports whether a frame holds an encoder's notes about the whole file
// (Xing, Info, VBRI) instead of audio: side information of zeros, then the magic. No
// frame depends on its main data.
func isInfoFrame(f Frame) bool {
	at, length := f.sideInfo()
	for _, magic := range [...]struct {
		at   int
		text string
	}{
		{at + length, "Xing"}, {at + length, "Info"},
		{HeaderSize + length, "Xing"}, {HeaderSize + length, "Info"}, // some encoders leave no room for the CRC that they announce
		{HeaderSize + 32, "VBRI"},
	} {
		if magic.at < len(f.Data) && tag.Begins(f.Data[magic.at:], magic.text) {
			return zeros(f.Data[at:min(at+length, magic.at)])
		}
	}
	return false
}

func zeros(b []byte) bool { return len(bytes.TrimLeft(b, "\x00")) == 0 }
