package ogg

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"

	"relay/codec"
)

// The identification header of Opus (RFC 7845 §5.1); numbers are little endian.
const (
	opusVersionAt  = 8
	opusChannelsAt = 9
	opusPreSkipAt  = 10
	opusRateAt     = 12
	opusFamilyAt   = 18
	opusHeadSize   = 19
	// behind it, unless the family is 0
	opusStreamsAt = 19
	opusCoupledAt = 20
	opusTableAt   = 21
)

const (
	// OpusRate is the sample rate of granule positions and of what is heard, in Hz.
	OpusRate = 48000
	// opusPreSkip is the delay of libopus in samples. What a listener misses of a stream's
	// beginning is not more than of a file's, and the length of a whole stream is right.
	opusPreSkip = 312
	maxOpus     = OpusRate * 120 / 1000 // samples of a packet (RFC 6716 §3.2.5)
)

// opusMapping is Opus with one link's parameters. It is a canonical identification
// header: pre-skip and input sample rate are the same in each.
type opusMapping string

// opusSetup returns the canonical form of an identification header.
func opusSetup(head []byte) (codec.Format, error) {
	m := append([]byte(nil), head...)
	if len(m) < opusHeadSize {
		return codec.Format{}, errors.New("the identification header is too short")
	}
	binary.LittleEndian.PutUint16(m[opusPreSkipAt:], opusPreSkip)
	binary.LittleEndian.PutUint32(m[opusRateAt:], OpusRate)
	size := opusHeadSize
	if m[opusFamilyAt] != 0 {
		size = opusTableAt + int(m[opusChannelsAt])
	}
	setup := string(m[:min(size, len(m))])
	if _, err := parseOpus(setup); err != nil {
		return codec.Format{}, err
	}
	return formatOf(Opus, OpusRate, int(m[opusChannelsAt]), setup), nil
}

func parseOpus(setup string) (mapping, error) {
	if len(setup) < opusHeadSize {
		return nil, errors.New("the identification header is too short")
	}
	m := opusMapping(setup)
	channels, family := int(m[opusChannelsAt]), m[opusFamilyAt]
	switch {
	case m[opusVersionAt]>>4 != 0:
		return nil, fmt.Errorf("version %d is unknown", m[opusVersionAt])
	case channels == 0:
		return nil, errors.New("it has 0 channels")
	case family == 0:
		if channels > 2 {
			return nil, fmt.Errorf("mapping family 0 has no %d channels", channels)
		}
		return m, nil
	case family != 1 && family != 2 && family != 255:
		return nil, fmt.Errorf("mapping family %d is unknown", family)
	case family == 1 && channels > 8:
		return nil, fmt.Errorf("mapping family 1 has no %d channels", channels)
	case len(m) < opusTableAt+channels:
		return nil, errors.New("the channel mapping is too short")
	}
	streams, coupled := m.streams()
	if streams == 0 || coupled > streams || streams+coupled > 255 {
		return nil, fmt.Errorf("there cannot be %d streams, %d of them coupled", streams, coupled)
	}
	for _, index := range []byte(m[opusTableAt : opusTableAt+channels]) {
		if index != 255 && int(index) >= streams+coupled {
			return nil, fmt.Errorf("the channel mapping names channel %d of %d", index, streams+coupled)
		}
	}
	return m, nil
}

// usualOpus returns the setup that encoders give a format (RFC 7845 §5.1.1).
func usualOpus(f codec.Format) (setup string, ok bool) {
	if f.SampleRate != OpusRate || f.Channels < 1 || f.Channels > 8 {
		return "", false
	}
	head := make([]byte, opusHeadSize)
	copy(head, opus.magic)
	head[opusVersionAt], head[opusChannelsAt] = 1, byte(f.Channels)
	binary.LittleEndian.PutUint16(head[opusPreSkipAt:], opusPreSkip)
	binary.LittleEndian.PutUint32(head[opusRateAt:], OpusRate)
	if f.Channels > 2 {
		head[opusFamilyAt] = 1
		head = append(head, [...]string{
			3: "\x02\x01\x00\x02\x01", 4: "\x02\x02\x00\x01\x02\x03",
			5: "\x03\x02\x00\x04\x01\x02\x03", 6: "\x04\x02\x00\x04\x01\x02\x03\x05",
			7: "\x04\x03\x00\x04\x01\x02\x03\x05\x06", 8: "\x05\x03\x00\x06\x01\x02\x03\x04\x05\x07",
		}[f.Channels]...)
	}
	return string(head), true
}

// streams returns how many Opus streams are in a packet, and how many of them are
// stereo. These come first.
func (m opusMapping) streams() (all, coupled int) {
	if m[opusFamilyAt] == 0 {
		return 1, int(m[opusChannelsAt]) - 1
	}
	return int(m[opusStreamsAt]), int(m[opusCoupledAt])
}

func (m opusMapping) overlaps() bool { return false }

// samples checks the framing of each stream in the packet: all but the last are
// self-delimited, and all are equally long (RFC 7845 §3).
func (m opusMapping) samples(p []byte) (n int, ok bool) {
	all, _ := m.streams()
	for i := range all {
		length, size, valid := parseOpusPacket(p, i < all-1)
		if !valid || i > 0 && length != n {
			return 0, false
		}
		n, p = length, p[size:]
	}
	return n, true
}

// parseOpusPacket returns the length in samples and bytes of the Opus packet at the start
// of p, which is all of p unless delimited (RFC 6716 §3, appendix B).
func parseOpusPacket(p []byte, delimited bool) (samples, size int, ok bool) {
	if len(p) == 0 {
		return 0, 0, false
	}
	toc, at := p[0], 1
	frames, each := 1, opusFrame(toc>>3)
	sized := 0 // how many frames have a length in the packet
	vbr, padding := false, 0
	switch toc & 3 {
	case 1:
		frames = 2
	case 2:
		frames, vbr = 2, true
	case 3:
		if len(p) < 2 {
			return 0, 0, false
		}
		frames, vbr = int(p[1]&0x3f), p[1]&0x80 != 0
		at = 2
		if p[1]&0x40 != 0 {
			for more := true; more; at++ {
				if at >= len(p) {
					return 0, 0, false
				}
				if more = p[at] == 255; more {
					padding += 254
				} else {
					padding += int(p[at])
				}
			}
		}
	}
	if frames == 0 || frames*each > maxOpus {
		return 0, 0, false
	}
	if vbr {
		sized = frames - 1
	}
	if delimited {
		sized++
	}
	total, last := 0, 0
	for range sized {
		n, length, valid := opusLength(p[at:])
		if !valid {
			return 0, 0, false
		}
		last = n
		total, at = total+n, at+length
	}
	if !delimited {
		rest := len(p) - at - padding - total
		if rest < 0 || !vbr && rest%frames != 0 || (vbr && rest > maxOpusFrame) || !vbr && rest/frames > maxOpusFrame {
			return 0, 0, false
		}
		return frames * each, len(p), true
	}
	if !vbr {
		total = last * frames
	}
	if size = at + total + padding; size > len(p) {
		return 0, 0, false
	}
	return frames * each, size, true
}

// maxOpusFrame is the maximum length of a frame in bytes (RFC 6716 §3.2.1).
const maxOpusFrame = 1275

// opusFrame returns the length of a frame in samples (RFC 6716 §3.1, table 2).
func opusFrame(config byte) int {
	switch {
	case config < 12: // SILK: 10, 20, 40, 60 ms
		return [...]int{480, 960, 1920, 2880}[config&3]
	case config < 16: // hybrid: 10, 20 ms
		return 480 << (config & 1)
	default: // CELT: 2.5, 5, 10, 20 ms
		return 120 << (config & 3)
	}
}

// opusLength reads the length of a frame, which takes size bytes (RFC 6716 §3.2.1).
func opusLength(p []byte) (n, size int, ok bool) {
	switch {
	case len(p) == 0:
		return 0, 0, false
	case p[0] < 252:
		return int(p[0]), 1, true
	case len(p) == 1:
		return 0, 0, false
	}
	return int(p[1])*4 + int(p[0]), 2, true
}

func (m opusMapping) headers(t codec.Tags) [][]byte {
	return [][]byte{[]byte(m), appendComments([]byte("OpusTags"), t)}
}

// opusQuiet is a CELT frame of silence, as libopus makes it.
const opusQuiet = "\xff\xfe"

// silence returns 20 ms.
func (m opusMapping) silence(int) (p []byte) {
	all, coupled := m.streams()
	for i := range all {
		toc := byte(31 << 3) // CELT, full band, 20 ms, one frame
		if i < coupled {
			toc |= 4
		}
		p = append(p, toc)
		if i < all-1 {
			p = append(p, byte(len(opusQuiet)))
		}
		p = append(p, opusQuiet...)
	}
	return p
}

// isSilent knows packets without frames, as sent in pauses (DTX), and those of silence.
func (m opusMapping) isSilent(p []byte) bool {
	return len(p) <= 2 || string(p) == string(m.silence(0)) || len(p) == 3 && p[0]&3 == 0 && string(p[1:]) == opusQuiet
}

func (m opusMapping) level(bytes, n int) int {
	return lossyLevel(bytes, n, OpusRate, int(m[opusChannelsAt]))
}

func (m opusMapping) hash(h *maphash.Hash, p []byte) { hashPacket(h, p) }
