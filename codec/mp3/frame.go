package mp3

import "github.com/tcolgate/mp3"

// Frame is one whole frame.
type Frame struct {
	Header
	Data []byte // Size bytes, valid until the Cutter that gave it is used again
	Gap  bool   // the bytes before this frame were lost or never existed, though the frame may depend on them
}

// sideInfo returns where the side information begins and how long it is
// (§2.4.1.7).
func (h Header) sideInfo() (at, length int) {
	at = HeaderSize
	if h.Protected {
		at += 2
	}
	switch {
	case h.Version == mp3.MPEG1 && h.Channels == 2:
		return at, 32
	case h.Version == mp3.MPEG1 || h.Channels == 2:
		return at, 17
	default:
		return at, 9
	}
}

// MainData returns where the frame's own main data begin. They extend to the frame's
// end; some may belong to later frames.
func (h Header) MainData() int {
	at, length := h.sideInfo()
	return at + length
}

// own returns how many bytes of main data the frame has room for.
func (h Header) own() int { return h.Size - h.MainData() }

// reach is how many bytes back a frame's main data can begin: the maximum of
// main_data_begin, which has 9 bits, or 8 with MPEG-2 and 2.5.
func (h Header) reach() int {
	if h.Version == mp3.MPEG1 {
		return 511
	}
	return 255
}

// MainDataBegin returns how many bytes of earlier main data the frame needs: up to 511
// with MPEG-1, up to 255 with MPEG-2 and 2.5 (§2.4.1.7).
func (f Frame) MainDataBegin() int {
	at, _ := f.sideInfo()
	if f.Version == mp3.MPEG1 {
		return int(f.Data[at])<<1 | int(f.Data[at+1])>>7
	}
	return int(f.Data[at])
}

func (f Frame) setMainDataBegin(n int) {
	at, _ := f.sideInfo()
	if f.Version == mp3.MPEG1 {
		f.Data[at] = byte(n >> 1)
		f.Data[at+1] = f.Data[at+1]&0x7f | byte(n)<<7
		return
	}
	f.Data[at] = byte(n)
}

// mute makes the frame silent: its side information says that no granule has data. The
// main data stay in place for later frames to use, and so do the have bytes before
// them: mpg123 and ffmpeg keep no more earlier bytes than the frame itself asked for.
func (f Frame) mute(have int) {
	at, length := f.sideInfo()
	clear(f.Data[at : at+length])
	f.setMainDataBegin(have)
	f.SetCRC()
}

// SetCRC corrects the checksum of a protected frame: CRC-16 of the header's last two
// bytes and the side information (§2.4.3.1).
func (f Frame) SetCRC() {
	if !f.Protected {
		return
	}
	crc := uint16(0xffff)
	add := func(b byte) {
		crc ^= uint16(b) << 8
		for range 8 {
			carry := crc & 0x8000
			crc <<= 1
			if carry != 0 {
				crc ^= 0x8005
			}
		}
	}
	at, length := f.sideInfo()
	add(f.Data[2])
	add(f.Data[3])
	for _, b := range f.Data[at : at+length] {
		add(b)
	}
	f.Data[HeaderSize], f.Data[HeaderSize+1] = byte(crc>>8), byte(crc)
}
