package ogg

import "encoding/binary"

// The layout of a page (RFC 3533 §6); numbers are little endian.
const (
	capture    = "OggS" // then a version of 0
	flagsAt    = 5
	granuleAt  = 6
	serialAt   = 14
	sequenceAt = 18
	crcAt      = 22
	segmentsAt = 26 // the number of lacing values, which follow
	tableAt    = 27

	maxSegments = 255
)

// The flags of a page.
const (
	flagContinued = 1 << iota // begins in the middle of a packet
	flagBOS                   // begins a logical stream
	flagEOS                   // ends one
)

// noGranule is the granule position of a page on which no packet ends.
const noGranule = ^uint64(0)

// page is a whole page.
type page []byte

// pageSize returns the length of the page at the start of b. It is 0 if b must grow to
// tell, and -1 if b does not begin with a page.
func pageSize(b []byte) int {
	const start = capture + "\x00"
	if n := min(len(b), len(start)); string(b[:n]) != start[:n] {
		return -1
	}
	if len(b) < tableAt {
		return 0
	}
	table := tableAt + int(b[segmentsAt])
	if len(b) < table {
		return 0
	}
	size := table
	for _, lacing := range b[tableAt:table] {
		size += int(lacing)
	}
	return size
}

func (p page) flags() byte      { return p[flagsAt] }
func (p page) serial() uint32   { return binary.LittleEndian.Uint32(p[serialAt:]) }
func (p page) sequence() uint32 { return binary.LittleEndian.Uint32(p[sequenceAt:]) }
func (p page) lacing() []byte   { return p[tableAt : tableAt+int(p[segmentsAt])] }

// checksum returns the CRC that the page should have: of all its bytes, with zeros in
// place of the CRC.
func (p page) checksum() uint32 {
	crc := crc32(0, p[:crcAt])
	crc = crc32(crc, make([]byte, 4))
	return crc32(crc, p[crcAt+4:])
}

func (p page) isIntact() bool {
	return binary.LittleEndian.Uint32(p[crcAt:]) == p.checksum()
}

// span is the part of a packet that lies on one page.
type span struct {
	from, to int  // in the page
	ends     bool // the packet ends here
}

// spans returns the parts of packets on the page, in order. Only the last one may not
// end here.
func (p page) spans(yield func(span) bool) {
	at := tableAt + len(p.lacing())
	s := span{from: at, to: at}
	open := false
	for _, lacing := range p.lacing() {
		s.to += int(lacing)
		open = lacing == 255
		if open {
			continue
		}
		s.ends = true
		if !yield(s) {
			return
		}
		s = span{from: s.to, to: s.to}
	}
	if open {
		yield(s)
	}
}

// packets returns the packets of the pages of a unit. A packet is a part of data, or a
// copy if it is on more than one page.
func packets(data []byte) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		var begun []byte
		for {
			size := pageSize(data)
			if size <= 0 || size > len(data) {
				return
			}
			p := page(data[:size])
			data = data[size:]
			for s := range p.spans {
				part := p[s.from:s.to:s.to]
				switch {
				case !s.ends:
					begun = append(begun, part...)
				case begun != nil:
					if !yield(append(begun, part...)) {
						return
					}
					begun = nil
				case !yield(part):
					return
				}
			}
		}
	}
}
