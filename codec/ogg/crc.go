package ogg

import "encoding/binary"

// crc32Tables are for eight bytes at a time: the table k is for a byte with k bytes
// behind it. The polynomial is 0x04c11db7, not reflected, from 0, without inversion
// (RFC 3533 §6).
var crc32Tables = func() (t [8][256]uint32) {
	for i := range 256 {
		crc := uint32(i) << 24
		for range 8 {
			carry := crc >> 31
			crc = crc<<1 ^ carry*0x04c11db7
		}
		t[0][i] = crc
	}
	for k := 1; k < 8; k++ {
		for i, crc := range t[k-1] {
			t[k][i] = crc<<8 ^ t[0][crc>>24]
		}
	}
	return t
}()

// crc32 continues the checksum of a page with b.
func crc32(crc uint32, b []byte) uint32 {
	t := &crc32Tables
	for ; len(b) >= 8; b = b[8:] {
		crc ^= binary.BigEndian.Uint32(b)
		next := binary.BigEndian.Uint32(b[4:])
		crc = t[7][crc>>24] ^ t[6][crc>>16&0xff] ^ t[5][crc>>8&0xff] ^ t[4][crc&0xff] ^
			t[3][next>>24] ^ t[2][next>>16&0xff] ^ t[1][next>>8&0xff] ^ t[0][next&0xff]
	}
	for _, c := range b {
		crc = crc<<8 ^ t[0][byte(crc>>24)^c]
	}
	return crc
}

// The tables of FLAC's checksums: x^8+x^2+x+1 for the header of a frame, x^16+x^15+x^2+1
// for a whole frame (RFC 9639 §9.1.8, §9.3).
var (
	crc8Table = func() (t [256]byte) {
		for i := range 256 {
			crc := byte(i)
			for range 8 {
				carry := crc >> 7
				crc = crc<<1 ^ carry*0x07
			}
			t[i] = crc
		}
		return t
	}()
	crc16Table = func() (t [256]uint16) {
		for i := range 256 {
			crc := uint16(i) << 8
			for range 8 {
				carry := crc >> 15
				crc = crc<<1 ^ carry*0x8005
			}
			t[i] = crc
		}
		return t
	}()
)

func crc8(b []byte) (crc byte) {
	for _, c := range b {
		crc = crc8Table[crc^c]
	}
	return crc
}

func crc16(b []byte) (crc uint16) {
	for _, c := range b {
		crc = crc<<8 ^ crc16Table[byte(crc>>8)^c]
	}
	return crc
}
