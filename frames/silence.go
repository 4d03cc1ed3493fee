package frames

import "github.com/tcolgate/mp3"

// Silence returns a silent frame that has exactly the header h and leans on
// nothing, or nil where no frame has such a header. No granule uses its main
// data, which are zeros.
func Silence(h Header) []byte {
	head := [HeaderSize]byte{0xff, 0xe2 | byte(h.Version)<<3}
	if !h.Protected {
		head[1] |= 0x01
	}
	if h.Channels == 1 {
		head[3] = byte(mp3.SingleChannel) << 6
	}
	// The third byte: bit rate, sample rate, padding, and a private bit.
	for third := 0; third < 256; third += 2 {
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
