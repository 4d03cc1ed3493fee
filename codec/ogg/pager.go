package ogg

import "encoding/binary"

// packet is a packet with the granule position at its end.
type packet struct {
	data []byte
	end  uint64
}

// segments returns how many lacing values a packet of n bytes has.
func segments(n int) int { return n/255 + 1 }

// pager writes pages of a logical stream.
type pager struct {
	serial   uint32
	sequence uint32 // of the next page
}

// append appends as few pages as hold the packets to dst. flags are for the first page.
func (w *pager) append(dst []byte, flags byte, list []packet) []byte {
	done := 0 // bytes of list[0] that are on earlier pages
	for len(list) > 0 {
		at := len(dst)
		dst = append(dst, capture...)
		dst = append(dst, make([]byte, tableAt-len(capture))...)
		granule, whole, part := noGranule, 0, 0
		for room := maxSegments; room > 0 && whole < len(list); {
			left := len(list[whole].data)
			if whole == 0 {
				left -= done
			}
			full := min(left/255, room)
			for range full {
				dst = append(dst, 255)
			}
			if room -= full; room == 0 {
				part = full * 255
				break
			}
			dst = append(dst, byte(left%255))
			room--
			granule = list[whole].end
			whole++
		}
		count := len(dst) - at - tableAt
		for i := range whole {
			dst = append(dst, list[i].data[done:]...)
			done = 0
		}
		if part > 0 {
			dst = append(dst, list[whole].data[done:done+part]...)
			done += part
		}
		list = list[whole:]

		p := page(dst[at:])
		p[flagsAt] = flags
		binary.LittleEndian.PutUint64(p[granuleAt:], granule)
		binary.LittleEndian.PutUint32(p[serialAt:], w.serial)
		binary.LittleEndian.PutUint32(p[sequenceAt:], w.sequence)
		p[segmentsAt] = byte(count)
		binary.LittleEndian.PutUint32(p[crcAt:], p.checksum())
		w.sequence++
		flags = 0
		if done > 0 {
			flags = flagContinued
		}
	}
	return dst
}
