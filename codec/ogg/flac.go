package ogg

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"math"

	"relay/codec"
)

// The identification header of FLAC (RFC 9639 §10.1): "\x7fFLAC", version, the number of
// header packets behind it, "fLaC", a block of STREAMINFO; numbers are big endian.
const (
	flacVersionAt = 5
	flacCountAt   = 7
	flacInfoAt    = 17 // behind the block's header
	flacInfoSize  = 34
	flacHeadSize  = flacInfoAt + flacInfoSize
)

// STREAMINFO (§8.2).
const (
	infoMinBlockAt = 0
	infoMaxBlockAt = 2
	infoFramesAt   = 4  // minimum and maximum size in bytes
	infoRateAt     = 10 // 20 bits, then 3 of channels-1, 5 of bits-1, 36 of samples
	infoTotalAt    = 14
)

// minBlock is the minimum size of a block in samples.
const minBlock = 16

// The header of a metadata block is a byte and a length of three (§8.1).
const (
	blockLast     = 0x80
	blockType     = 0x7f
	blockComments = 4
	blockHead     = 4
)

// flacMapping is FLAC with one link's parameters.
type flacMapping struct {
	info     string // STREAMINFO without what depends on the audio
	maxBlock int    // samples
	rate     int    // Hz
	channels int
	bits     int // of a sample
}

// flacSetup returns the format of a link with an identification header.
func flacSetup(head []byte) (codec.Format, error) {
	switch {
	case len(head) < flacHeadSize:
		return codec.Format{}, errors.New("the identification header is too short")
	case head[flacVersionAt] != 1:
		return codec.Format{}, fmt.Errorf("version %d of the mapping is unknown", head[flacVersionAt])
	case string(head[9:13]) != "fLaC" || head[13]&blockType != 0:
		return codec.Format{}, errors.New("the identification header has no STREAMINFO")
	}
	info := append([]byte(nil), head[flacInfoAt:flacHeadSize]...)
	binary.BigEndian.PutUint16(info[infoMinBlockAt:], minBlock) // a joined stream has short frames in the middle
	clear(info[infoFramesAt:infoRateAt])
	info[infoRateAt+3] &= 0xf0 // the first bits of the number of samples
	clear(info[infoTotalAt:])
	m, err := parseFLAC(string(info))
	if err != nil {
		return codec.Format{}, err
	}
	f := m.(*flacMapping)
	return formatOf(FLAC, f.rate, f.channels, f.info), nil
}

func parseFLAC(setup string) (mapping, error) {
	if len(setup) != flacInfoSize {
		return nil, errors.New("the identification header is too short")
	}
	b := []byte(setup)
	field := binary.BigEndian.Uint32(b[infoRateAt:])
	m := &flacMapping{
		info:     setup,
		maxBlock: int(binary.BigEndian.Uint16(b[infoMaxBlockAt:])),
		rate:     int(field >> 12),
		channels: int(field>>9&7) + 1,
		bits:     int(field>>4&31) + 1,
	}
	switch {
	case m.maxBlock < minBlock:
		return nil, fmt.Errorf("blocks cannot have %d samples", m.maxBlock)
	case m.rate == 0:
		return nil, errors.New("its sample rate is 0 Hz")
	case m.bits < 4:
		return nil, fmt.Errorf("samples cannot have %d bits", m.bits)
	}
	return m, nil
}

// usualFLAC returns a setup for a format: 16 bits in blocks of 4096.
func usualFLAC(f codec.Format) (setup string, ok bool) {
	if f.SampleRate < 1 || f.SampleRate >= 1<<20 || f.Channels < 1 || f.Channels > 8 {
		return "", false
	}
	info := make([]byte, flacInfoSize)
	binary.BigEndian.PutUint16(info[infoMinBlockAt:], minBlock)
	binary.BigEndian.PutUint16(info[infoMaxBlockAt:], 4096)
	binary.BigEndian.PutUint32(info[infoRateAt:], uint32(f.SampleRate)<<12|uint32(f.Channels-1)<<9|(16-1)<<4)
	return string(info), true
}

func (m *flacMapping) overlaps() bool { return false }

func (m *flacMapping) samples(p []byte) (n int, ok bool) {
	h, ok := parseFrame(p)
	return h.block, ok && h.channels == m.channels && h.block <= m.maxBlock
}

func (m *flacMapping) headers(t codec.Tags) [][]byte {
	head := append([]byte(flac.magic), 1, 0, 0, 1) // version 1.0, one more header
	head = append(head, "fLaC\x00\x00\x00"...)
	head = append(head, flacInfoSize)
	head = append(head, m.info...)
	comments := appendComments(make([]byte, blockHead), t)
	binary.BigEndian.PutUint32(comments, uint32(len(comments)-blockHead))
	comments[0] = blockComments | blockLast
	return [][]byte{head, comments}
}

// silence returns a frame of about 20 ms of constant zeros.
func (m *flacMapping) silence(int) []byte {
	block := min(max(m.rate/50, minBlock), m.maxBlock)
	const sync, explicitBlock = 0xf8, 0x70
	rate, bits := m.codes()
	p := []byte{0xff, sync, explicitBlock | rate, byte(m.channels-1)<<4 | bits<<1, 0} // number 0
	p = binary.BigEndian.AppendUint16(p, uint16(block-1))
	p = append(p, crc8(p))
	p = append(p, make([]byte, m.constant())...)
	return binary.BigEndian.AppendUint16(p, crc16(p))
}

// codes returns sample rate and bits of a sample as in the header of a frame, 0 if they
// are in STREAMINFO only (§9.1.2, §9.1.4).
func (m *flacMapping) codes() (rate, bits byte) {
	for i, hz := range []int{0, 88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000} {
		if hz == m.rate {
			rate = byte(i)
		}
	}
	for i, n := range []int{0, 8, 12, 0, 16, 20, 24, 32} {
		if n == m.bits {
			bits = byte(i)
		}
	}
	return rate, bits
}

// constant returns how many bytes the subframes of a frame have in which each channel
// keeps one value: 8 bits, all 0, then the value (§9.2.4).
func (m *flacMapping) constant() int { return (m.channels*(8+m.bits) + 7) / 8 }

func (m *flacMapping) isSilent(p []byte) bool {
	h, ok := parseFrame(p)
	if !ok || len(p) > h.size+m.constant()+1+2 { // a difference of channels has one more bit
		return false
	}
	for _, b := range p[h.size : len(p)-2] {
		if b != 0 {
			return false
		}
	}
	return true
}

// level knows that a bit of each sample is worth 6 dB.
func (m *flacMapping) level(bytes, n int) int {
	coded := float64(bytes) * 8 / float64(n*m.channels)
	return clampLevel(20 * math.Log10(2) * (coded - float64(m.bits)))
}

// hash leaves out what appendFrame may change.
func (m *flacMapping) hash(h *maphash.Hash, p []byte) {
	f, ok := parseFrame(p)
	if !ok {
		return
	}
	maphash.WriteComparable(h, len(p)-f.numberSize)
	h.Write(p[2:frameNumberAt])
	h.Write(p[frameNumberAt+f.numberSize : f.size-1])
	h.Write(p[f.size : len(p)-2])
}
