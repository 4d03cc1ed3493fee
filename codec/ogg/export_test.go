package ogg

import "encoding/binary"

// PageSize returns the length of the page at the start of b.
func PageSize(b []byte) int { return pageSize(b) }

// IsIntact reports whether a page has the right CRC.
func IsIntact(p []byte) bool { return page(p).isIntact() }

// SetCRC corrects the CRC of a page.
func SetCRC(p []byte) { binary.LittleEndian.PutUint32(p[crcAt:], page(p).checksum()) }
