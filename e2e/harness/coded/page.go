package coded

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

// ReadPage reads a page of Ogg, whose CRC must be right (RFC 3533 §6).
func ReadPage(in io.Reader) ([]byte, error) {
	page := make([]byte, 27, 5000)
	if _, err := io.ReadFull(in, page); err != nil {
		return nil, err
	}
	if string(page[:5]) != "OggS\x00" {
		return nil, fmt.Errorf("% x begins no page", page[:16])
	}
	page = append(page, make([]byte, page[26])...)
	if _, err := io.ReadFull(in, page[27:]); err != nil {
		return nil, err
	}
	head, size := len(page), 0
	for _, lacing := range page[27:] {
		size += int(lacing)
	}
	page = append(page, make([]byte, size)...)
	if _, err := io.ReadFull(in, page[head:]); err != nil {
		return nil, err
	}
	if !bytes.Equal(Seal(bytes.Clone(page)), page) {
		return nil, fmt.Errorf("a page with a wrong CRC: % x", page[:27])
	}
	return page, nil
}

// Pages cuts a stream of Ogg into copies of its pages. It panics if it is none.
func Pages(stream []byte) (pages [][]byte) {
	for in := bytes.NewReader(stream); in.Len() > 0; {
		page, err := ReadPage(in)
		if err != nil {
			panic(err)
		}
		pages = append(pages, page)
	}
	return pages
}

// Seal gives a page of Ogg the right CRC, and returns it.
func Seal(page []byte) []byte {
	binary.LittleEndian.PutUint32(page[22:], 0)
	crc := uint32(0)
	for _, b := range page {
		crc = crc<<8 ^ table[byte(crc>>24)^b]
	}
	binary.LittleEndian.PutUint32(page[22:], crc)
	return page
}

// table has the CRC of each byte, by the polynomial of Ogg.
var table = func() (t [256]uint32) {
	for i := range t {
		t[i] = uint32(i) << 24
		for range 8 {
			carry := t[i]>>31 != 0
			if t[i] <<= 1; carry {
				t[i] ^= 0x04c11db7
			}
		}
	}
	return t
}()

// Page returns a page with a packet, or with the lacing values that are given instead of
// those of the packet.
func Page(flags byte, granule uint64, serial, sequence uint32, packet []byte, lacing ...byte) []byte {
	if lacing == nil {
		lacing = append(bytes.Repeat([]byte{255}, len(packet)/255), byte(len(packet)%255))
	}
	page := append([]byte("OggS\x00"), flags)
	page = binary.LittleEndian.AppendUint64(page, granule)
	page = binary.LittleEndian.AppendUint32(page, serial)
	page = binary.LittleEndian.AppendUint32(page, sequence)
	page = append(page, 0, 0, 0, 0, byte(len(lacing)))
	return Seal(append(append(page, lacing...), packet...))
}

// SetGranule sets the granule position of a page.
func SetGranule(page []byte, granule uint64) []byte {
	binary.LittleEndian.PutUint64(page[6:], granule)
	return Seal(page)
}

// SetSerial sets the serial of a page.
func SetSerial(page []byte, serial uint32) []byte {
	binary.LittleEndian.PutUint32(page[14:], serial)
	return Seal(page)
}

// SetSequence sets the number of a page.
func SetSequence(page []byte, sequence uint32) []byte {
	binary.LittleEndian.PutUint32(page[18:], sequence)
	return Seal(page)
}
