package aac

import "relay/codec/frames"

// maxCore is the highest sample rate in Hz that SBR is looked for at. It doubles the
// rate, and nobody needs more than 48 kHz.
const maxCore = 24000

// sbrLook is how many frames decide whether there is SBR.
const sbrLook = 8

// hasSBR reports whether more than half of the first frames of b have SBR: one in sixty
// looks as if it had by chance. sure is false if more bytes are needed.
func hasSBR(b []byte, finished bool) (yes, sure bool) {
	n, _, why := ADTS.Row(b, sbrLook+1)
	if why == frames.Short && !finished {
		return false, false
	}
	seen, found := 0, 0
	for range min(n, sbrLook) {
		h, _ := ParseHeader(b)
		if h.Size > len(b) {
			break
		}
		seen++
		if endsInSBR(h, b[:h.Size]) {
			found++
		}
		b = b[h.Size:]
	}
	return 2*found > seen, true
}

// The types of extension_payload that matter here (§4.5.2.8, table 4.121).
const (
	extFill    = 0
	extData    = 1
	extSBR     = 13
	extSBRCRC  = 14
	maxFillers = 3   // how many FIL elements without SBR may follow one with it
	minSBR     = 3   // bytes that the least SBR takes
	maxFIL     = 269 // bytes that a FIL element can have: 14 and 255
)

// endsInSBR reports whether the last raw_data_block of a frame seems to end with a FIL
// element of SBR. To find the element from the start would take all Huffman tables; so
// it looks from the end, for a FIL header that gives exactly the bytes up to the END.
// It misses the SBR of 5.1 channels, behind which the LFE element stands.
func endsInSBR(h Header, frame []byte) bool {
	block := frame[h.payload():]
	if h.Protected && h.Blocks > 1 {
		block = block[:max(len(block)-2, 0)] // each block has a CRC of its own
	}
	last := 8*len(block) - 1 // the last bit that is set
	for last >= 0 && block[last/8]>>(7-last%8)&1 == 0 {
		last--
	}
	r := reader{b: block, at: last - 2}
	if last < 2 || element(r.read(3)) != end {
		return false
	}
	return fillsUpTo(block, last-2, maxFillers)
}

// fillsUpTo reports whether FIL elements end at a bit of a block, the first of them with
// SBR, with up to fillers others behind it.
func fillsUpTo(block []byte, end, fillers int) bool {
	for count := range maxFIL + 1 {
		begin := end - 8*count - 7
		if count > 14 {
			begin -= 8
		}
		if begin < 0 {
			return false
		}
		r := reader{b: block, at: begin}
		if element(r.read(3)) != fil || readCount(&r) != count {
			continue
		}
		extension := extFill
		if count > 0 {
			extension = r.read(4)
		}
		switch extension {
		case extSBR, extSBRCRC:
			if count >= minSBR {
				return true
			}
		case extFill, extData:
			if fillers > 0 && fillsUpTo(block, begin, fillers-1) {
				return true
			}
		}
	}
	return false
}

// readCount reads how many bytes a FIL element has (§4.4.2.7).
func readCount(r *reader) int {
	count := r.read(4)
	if count == 15 {
		count += r.read(8) - 1
	}
	return count
}
