package frames

// reservoirSize is how many bytes of main data any frame can lean on.
const reservoirSize = 511

// Reservoir keeps the main data that the next frame may lean on: the last 511
// bytes of those of the frames that passed. The zero value is empty.
type Reservoir struct {
	last Header
	buf  [reservoirSize]byte // the newest byte last
	n    int
}

// Keep takes a frame into account. A frame that does not continue the last one
// (a Gap, another format) empties the reservoir first.
func (r *Reservoir) Keep(f Frame) {
	if f.Gap || !f.sameStream(r.last) {
		r.n = 0
	}
	r.last = f.Header
	own := f.Data[f.MainData():]
	if len(own) > reservoirSize {
		own = own[len(own)-reservoirSize:]
	}
	copy(r.buf[:], r.buf[len(own):])
	copy(r.buf[reservoirSize-len(own):], own)
	r.n = min(r.n+len(own), reservoirSize)
}

// Bytes returns what is kept, valid until the next Keep.
func (r *Reservoir) Bytes() []byte { return r.buf[reservoirSize-r.n:] }

// Carrier appends to dst a silent frame that ends in the bytes f leans on, so
// that f, played after it, decodes whole, and so does what follows f. The
// reservoir is the main data before f, the newest byte last; ok is false when
// it holds too little. dst comes back unchanged if f leans on nothing.
//
// The carrier has f's version, sample rate and mode, the smallest bit rate that
// gives room, and no CRC. It is a frame like any other: it takes its time, and
// a [Splicer] lets it and f pass as they are.
func Carrier(dst []byte, f Frame, reservoir []byte) (carrier []byte, ok bool) {
	need := f.MainDataBegin()
	if need == 0 {
		return dst, true
	}
	if need > len(reservoir) {
		return dst, false
	}
	head := [HeaderSize]byte(f.Data)
	head[1] |= 0x01  // no CRC
	head[2] &= 0x0c  // no bit rate yet, no padding, not private
	head[3] &^= 0x30 // mode extension: nothing is joined in silence
	for range 14 {
		head[2] += 0x10
		h, ok := ParseHeader(head[:])
		if !ok || h.Size-h.MainData() < need {
			continue
		}
		dst = append(dst, head[:]...)
		dst = append(dst, make([]byte, h.Size-need-HeaderSize)...)
		return append(dst, reservoir[len(reservoir)-need:]...), true
	}
	return dst, false
}
