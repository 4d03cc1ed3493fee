package harness

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

// ReadOggPage reads a page of Ogg, whose CRC must be right (RFC 3533 §6).
func ReadOggPage(in io.Reader) ([]byte, error) {
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
	if !bytes.Equal(SealPage(bytes.Clone(page)), page) {
		return nil, fmt.Errorf("a page with a wrong CRC: % x", page[:27])
	}
	return page, nil
}

// OggPages cuts a stream of Ogg into copies of its pages. It panics if it is none.
func OggPages(stream []byte) (pages [][]byte) {
	for in := bytes.NewReader(stream); in.Len() > 0; {
		page, err := ReadOggPage(in)
		if err != nil {
			panic(err)
		}
		pages = append(pages, page)
	}
	return pages
}

// SealPage gives a page of Ogg the right CRC, and returns it.
func SealPage(page []byte) []byte {
	binary.LittleEndian.PutUint32(page[22:], 0)
	crc := uint32(0)
	for _, b := range page {
		crc = crc<<8 ^ oggCRC[byte(crc>>24)^b]
	}
	binary.LittleEndian.PutUint32(page[22:], crc)
	return page
}

// oggCRC has the CRC of each byte, by the polynomial of Ogg.
var oggCRC = func() (t [256]uint32) {
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

// OggPage returns a page with a packet, or with the lacing values that are given instead of
// those of the packet.
func OggPage(flags byte, granule uint64, serial, sequence uint32, packet []byte, lacing ...byte) []byte {
	if lacing == nil {
		lacing = append(bytes.Repeat([]byte{255}, len(packet)/255), byte(len(packet)%255))
	}
	page := append([]byte("OggS\x00"), flags)
	page = binary.LittleEndian.AppendUint64(page, granule)
	page = binary.LittleEndian.AppendUint32(page, serial)
	page = binary.LittleEndian.AppendUint32(page, sequence)
	page = append(page, 0, 0, 0, 0, byte(len(lacing)))
	return SealPage(append(append(page, lacing...), packet...))
}

// SetGranule sets the granule position of a page.
func SetGranule(page []byte, granule uint64) []byte {
	binary.LittleEndian.PutUint64(page[6:], granule)
	return SealPage(page)
}

// SetSerial sets the serial of a page.
func SetSerial(page []byte, serial uint32) []byte {
	binary.LittleEndian.PutUint32(page[14:], serial)
	return SealPage(page)
}

// SetSequence sets the number of a page.
func SetSequence(page []byte, sequence uint32) []byte {
	binary.LittleEndian.PutUint32(page[18:], sequence)
	return SealPage(page)
}

// CountLinks returns how many links begin in an Ogg stream.
func CountLinks(audio []byte) (n int) {
	for {
		at := bytes.Index(audio, []byte("OggS\x00"))
		if at < 0 || len(audio) < at+27 {
			return n
		}
		if audio[at+5]&2 != 0 {
			n++
		}
		audio = audio[at+27:]
	}
}
