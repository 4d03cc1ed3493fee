package mp3

import "github.com/tcolgate/mp3"

// privateBit is in the third byte of a header, and free for encoders to use. It is not
// set in silent frames, which no encoder made.
const privateBit = 0x01

// Silence returns a silent frame that has exactly the header h and depends on no other
// frame, or nil if no frame has such a header. Its main data are zeros that no granule
// uses.
func Silence(h Header) []byte {
	head := [HeaderSize]byte{0xff, 0xe2 | byte(h.Version)<<3}
	if !h.Protected {
		head[1] |= 0x01
	}
	if h.Channels == 1 {
		head[3] = byte(mp3.SingleChannel) << 6
	}
	for third := 0; third < 256; third += 2 { // without privateBit
		head[2] = byte(third)
		if got, ok := ParseHeader(head[:]); ok && got == h {
			f := Frame{Header: h, Data: make([]byte, h.Size)}
			copy(f.Data, head[:])
			f.mute(0)
			return f.Data
		}
	}
	return nil
}
