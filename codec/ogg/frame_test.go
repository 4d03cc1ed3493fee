package ogg

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"testing"
)

// Numbers are coded as in UTF-8, but up to 36 bits.
func TestNumbersOfFrames(t *testing.T) {
	for _, n := range []uint64{0, 1, 0x7f, 0x80, 0x7ff, 0x800, 0xffff, 0x10000, 0x1fffff, 0x200000, 1<<26 - 1, 1 << 26, 1<<31 - 1, 1 << 31, 1<<36 - 1} {
		b := appendNumber(nil, n)
		size := max(bits.LeadingZeros8(^b[0]), 1)
		got := uint64(b[0])
		if size > 1 {
			got &= 1<<(7-min(size, 7)) - 1
		}
		for _, c := range b[1:] {
			if c&0xc0 != 0x80 {
				t.Fatalf("%d is % x", n, b)
			}
			got = got<<6 | uint64(c&0x3f)
		}
		if size != len(b) || got != n {
			t.Errorf("%d is % x", n, b)
		}
		if n < 0x110000 && n != 0xffff && string(b) != string(rune(n)) {
			t.Errorf("%d is % x, in UTF-8 % x", n, b, string(rune(n)))
		}
	}
}

// The checksum of eight bytes at a time is that of one bit at a time.
func TestChecksum(t *testing.T) {
	b := make([]byte, 100)
	for i := range b {
		b[i] = byte(i * 37)
	}
	for n := range b {
		want := uint32(0)
		for _, c := range b[:n] {
			want ^= uint32(c) << 24
			for range 8 {
				carry := want >> 31
				want = want<<1 ^ carry*0x04c11db7
			}
		}
		if got := crc32(0, b[:n]); got != want {
			t.Fatalf("%d bytes: %08x, want %08x", n, got, want)
		}
	}
}

// Packets of any sizes come back from their pages.
func TestPagerAndPackets(t *testing.T) {
	for _, sizes := range [][]int{{1}, {254}, {255}, {256}, {255 * 254}, {255 * 255}, {255*255 + 1}, {1 << 20}, {100, 255 * 255, 3}, {255 * 255 * 2, 7}, {1, 2, 3, 60000, 6000, 5}} {
		var list []packet
		end := uint64(0)
		for i, n := range sizes {
			end += 10
			list = append(list, packet{bytes.Repeat([]byte{byte(i + 1)}, n), end})
		}
		w := pager{serial: 7, sequence: 3}
		out := w.append(nil, flagBOS, list)
		i := 0
		for p := range packets(out) {
			if !bytes.Equal(p, list[i].data) {
				t.Errorf("%v: packet %d has %d bytes", sizes, i, len(p))
			}
			i++
		}
		last := uint64(0)
		for n := uint32(3); len(out) > 0; n++ {
			p := page(out[:pageSize(out)])
			out = out[len(p):]
			if !p.isIntact() || p.sequence() != n || p.serial() != 7 || (p.flags()&flagBOS != 0) != (n == 3) {
				t.Errorf("%v: page %d is wrong", sizes, n)
			}
			if g := binary.LittleEndian.Uint64(p[granuleAt:]); g != noGranule {
				last = g
			}
		}
		if i != len(list) || last != end {
			t.Errorf("%v: %d packets, granule position %d, want %d", sizes, i, last, end)
		}
	}
}
