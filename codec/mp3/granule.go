package mp3

import "github.com/tcolgate/mp3"

// granule is the part of the side information that describes one granule of one channel
// (§2.4.1.7): 59 bits, or 63 with MPEG-2 and 2.5.
type granule struct {
	data    []byte // the frame
	at      int    // in bits
	version mp3.FrameVersion
}

// granules returns the granules and channels of a frame in their order: the first n of
// list.
func (f Frame) granules() (list [4]granule, n int) {
	at, _ := f.sideInfo()
	first, size, n := 0, 59, 2*f.Channels
	switch { // main_data_begin, private_bits and scfsi come first
	case f.Version != mp3.MPEG1:
		first, size, n = 8+f.Channels, 63, f.Channels
	case f.Channels == 2:
		first = 9 + 3 + 8
	default:
		first = 9 + 5 + 4
	}
	for i := range n {
		list[i] = granule{f.Data, 8*at + first + i*size, f.Version}
	}
	return list, n
}

// field returns the n bits, at most 24, that begin after skip bits.
func (g granule) field(skip, n int) int {
	at := g.at + skip
	v := uint32(0)
	for i := at / 8; i <= (at+n-1)/8; i++ {
		v = v<<8 | uint32(g.data[i])
	}
	return int(v >> (7 - (at+n-1)%8) & (1<<n - 1))
}

// bits is part2_3_length, the bits of main data.
func (g granule) bits() int { return g.field(0, 12) }

// gain is global_gain, in steps of 1.5 dB.
func (g granule) gain() int { return g.field(21, 8) }

// tables returns the Huffman tables of the regions: table_select, three numbers, or two
// where window_switching_flag is set.
func (g granule) tables() (list [3]int) {
	at, n := g.compressed(), 3
	if g.field(at, 1) == 1 {
		at, n = at+3, 2 // block_type and mixed_block_flag come first
	}
	for i := range n {
		list[i] = g.field(at+1+5*i, 5)
	}
	return list
}

// compressed returns where scalefac_compress ends.
func (g granule) compressed() int {
	if g.version == mp3.MPEG1 {
		return 29 + 4
	}
	return 29 + 9
}

// scaled returns how far the scalefactors of the low bands can lower these, in the
// steps of scalefac_scale: slen1 bits each (§2.4.2.7, ISO/IEC 13818-3 §2.4.3.2).
func (g granule) scaled() int {
	slen, scale := 0, g.compressed()+23
	switch compress := g.field(29, g.compressed()-29); {
	case g.version == mp3.MPEG1:
		scale++ // preflag comes first
		slen = int("\x00\x00\x00\x00\x03\x01\x01\x01\x02\x02\x02\x03\x03\x03\x04\x04"[compress])
	case compress < 400:
		slen = compress >> 4 / 5
	case compress < 500:
		slen = (compress - 400) >> 2 / 5
	default:
		slen = (compress - 500) / 3
	}
	return (1<<slen - 1) * (1 + g.field(scale, 1))
}

// used returns how many bytes of main data belong to the frame, beginning where
// main_data_begin points. The bytes after them belong to later frames or to none.
func (f Frame) used() int {
	bits := 0
	list, n := f.granules()
	for _, g := range list[:n] {
		bits += g.bits()
	}
	return (bits + 7) / 8
}
