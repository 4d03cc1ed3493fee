package ogg

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"math/bits"

	"relay/codec"
)

// The identification header of Vorbis (§4.2.2); numbers are little endian.
const (
	vorbisVersionAt  = 7
	vorbisChannelsAt = 11
	vorbisRateAt     = 12
	vorbisBitRatesAt = 16 // maximum, nominal, minimum
	vorbisBlocksAt   = 28 // two exponents of 2
	vorbisFramingAt  = 29
	vorbisHeadSize   = 30
)

const vorbisSetupMagic = "\x05vorbis"

// vorbisMapping is Vorbis with one link's codebooks.
type vorbisMapping struct {
	setup    string // identification header without bit rates, then setup header
	blocks   [2]int // samples in a short block and a long one
	modes    []int  // of each mode, 1 if it has long blocks, otherwise 0
	modeBits int    // how many bits of a packet are the number of its mode
	channels int
	rate     int
}

// vorbisSetup returns the format of a link with the two headers.
func vorbisSetup(head, setup []byte) (codec.Format, error) {
	if len(head) < vorbisHeadSize {
		return codec.Format{}, errors.New("the identification header is too short")
	}
	b := append([]byte(nil), head[:vorbisHeadSize]...)
	clear(b[vorbisBitRatesAt:vorbisBlocksAt])
	m, err := parseVorbis(string(append(b, setup...)))
	if err != nil {
		return codec.Format{}, err
	}
	v := m.(*vorbisMapping)
	return formatOf(Vorbis, v.rate, v.channels, v.setup), nil
}

func parseVorbis(setup string) (mapping, error) {
	if len(setup) < vorbisHeadSize {
		return nil, errors.New("the identification header is too short")
	}
	b := []byte(setup[:vorbisHeadSize])
	short, long := b[vorbisBlocksAt]&0x0f, b[vorbisBlocksAt]>>4
	m := &vorbisMapping{
		setup:    setup,
		blocks:   [2]int{1 << short, 1 << long},
		channels: int(b[vorbisChannelsAt]),
		rate:     int(binary.LittleEndian.Uint32(b[vorbisRateAt:])),
	}
	switch version := binary.LittleEndian.Uint32(b[vorbisVersionAt:]); {
	case version != 0:
		return nil, fmt.Errorf("version %d is unknown", version)
	case m.channels == 0:
		return nil, errors.New("it has 0 channels")
	case m.rate == 0 || m.rate > maxRate:
		return nil, fmt.Errorf("its sample rate is %d Hz", m.rate)
	case short < 6 || long > 13 || short > long:
		return nil, fmt.Errorf("blocks cannot have %d and %d samples", m.blocks[0], m.blocks[1])
	case b[vorbisFramingAt]&1 == 0:
		return nil, errors.New("the identification header has no end")
	}
	if m.modes = vorbisModes(setup[vorbisHeadSize:]); m.modes == nil {
		return nil, errors.New("the setup header has no modes")
	}
	m.modeBits = bits.Len(uint(len(m.modes) - 1))
	return m, nil
}

// A mode is a bit for the size of its blocks, two types of 16 bits, which are 0, and the
// 8-bit number of a mapping (§4.2.4).
const (
	modeMapping = 33 // the bit where the number begins
	modeSize    = 41 // in bits
)

// vorbisModes returns which modes of a setup header have long blocks, nil if there are
// none.
//
// The modes stand at the end of the header, behind codebooks of any length: a count of 6
// bits, the modes, a framing bit. It is much shorter to read them backwards than to
// decode all that is before. A count may fit by chance, and so may a mode; a chance mode
// needs 32 zero bits, so the longest list with a count that fits is right.
func vorbisModes(setup string) []int {
	if len(setup) < len(vorbisSetupMagic) || setup[:len(vorbisSetupMagic)] != vorbisSetupMagic {
		return nil
	}
	bit := func(i int) int { return int(setup[i/8]) >> (i % 8) & 1 }
	number := func(at, width int) (n int) {
		for i := range width {
			n |= bit(at+i) << i
		}
		return n
	}
	first := len(vorbisSetupMagic) * 8
	end := len(setup)*8 - 1
	for end > first && bit(end) == 0 {
		end--
	}
	count := 0
	for n := 1; n <= 64 && end-n*modeSize-6 >= first; n++ {
		at := end - n*modeSize
		if number(at+1, 32) != 0 || number(at+modeMapping, 8) > 63 {
			break
		}
		if number(at-6, 6)+1 == n {
			count = n
		}
	}
	var modes []int
	for n := count; n > 0; n-- {
		modes = append(modes, bit(end-n*modeSize))
	}
	return modes
}

// An audio packet begins with a bit of 0 and the number of its mode; if that has long
// blocks, two bits tell whether the blocks before and after are long too (§4.3.1).

// mode returns the mode of an audio packet.
func (m *vorbisMapping) mode(p []byte) (mode int, ok bool) {
	if len(p) == 0 || p[0]&1 != 0 {
		return 0, false
	}
	mode = int(p[0]>>1) & (1<<m.modeBits - 1)
	return mode, mode < len(m.modes)
}

func (m *vorbisMapping) samples(p []byte) (n int, ok bool) {
	mode, ok := m.mode(p)
	if !ok {
		return 0, false
	}
	return m.blocks[m.modes[mode]] / 2, true
}

func (m *vorbisMapping) overlaps() bool { return true }

func (m *vorbisMapping) headers(t codec.Tags) [][]byte {
	comments := append(appendComments([]byte("\x03vorbis"), t), 1) // the framing bit
	return [][]byte{[]byte(m.setup[:vorbisHeadSize]), comments, []byte(m.setup[vorbisHeadSize:])}
}

// head returns how many bits of an audio packet are before its floors.
func (m *vorbisMapping) head(mode int) int { return 1 + m.modeBits + 2*m.modes[mode] }

// silence returns a block in which no channel has a floor (§4.3.2): a bit of 0 each, with
// floors of type 0 a number of bits, which may be cut off at the packet's end.
func (m *vorbisMapping) silence(last int) []byte {
	mode := 0
	for i, long := range m.modes {
		if long == 1 {
			mode = i
			break
		}
	}
	head := m.head(mode)
	p := make([]byte, (head+m.channels+7)/8)
	p[0] = byte(mode << 1)
	if m.modes[mode] == 1 {
		flags := 3
		if last == m.blocks[0]/2 && m.blocks[0] != m.blocks[1] {
			flags = 2 // the block before is short
		}
		p[0] |= byte(flags << (head - 2))
		if head > 8 {
			p[1] |= byte(flags >> (8 - (head - 2)))
		}
	}
	return p
}

func (m *vorbisMapping) isSilent(p []byte) bool {
	mode, ok := m.mode(p)
	if !ok {
		return false
	}
	head := m.head(mode)
	if len(p) > (head+m.channels+7)/8 {
		return false
	}
	for i := head; i < len(p)*8; i++ {
		if p[i/8]>>(i%8)&1 != 0 {
			return false
		}
	}
	return true
}

func (m *vorbisMapping) level(bytes, n int) int { return lossyLevel(bytes, n, m.rate, m.channels) }

func (m *vorbisMapping) hash(h *maphash.Hash, p []byte) { hashPacket(h, p) }
