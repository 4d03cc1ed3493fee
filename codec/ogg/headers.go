package ogg

import (
	"bytes"
	"errors"
	"fmt"

	"relay/codec"
)

const (
	// maxKept is how much of a header is kept, in bytes. The setup header of Vorbis has 4
	// to 10 KiB.
	maxKept = 256 << 10
	// maxHeaders and maxHeaderPages end a link whose headers do not end. Comments may have
	// pictures of several MiB.
	maxHeaders     = 16 << 20
	maxHeaderPages = 4096
)

var errEndless = errors.New("the headers do not end")

// headers collects the header packets of a link.
type headers struct {
	kind     *kind
	first    []byte // the identification header
	index    int    // of the current packet
	kept     []byte // the beginning of the current packet, whole if it must be
	comments commentReader
	size     int // bytes of all packets so far
	pages    int
}

// newHeaders begins with an identification header.
func newHeaders(first []byte) (*headers, error) {
	for _, k := range []*kind{opus, vorbis, flac} {
		if bytes.HasPrefix(first, []byte(k.magic)) {
			h := &headers{kind: k, first: bytes.Clone(first), index: 1}
			return h, h.check()
		}
	}
	return nil, fmt.Errorf("it sends Ogg with %s: send one stream of Opus, Vorbis or FLAC alone", foreign(first))
}

// check looks at what the identification header says by itself.
func (h *headers) check() (err error) {
	switch h.kind {
	case opus:
		_, err = opusSetup(h.first)
	case flac:
		_, err = flacSetup(h.first)
	}
	return h.invalid(err)
}

// invalid makes a sentence for the sender of err.
func (h *headers) invalid(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("its %s headers are invalid: %w", h.kind, err)
}

// foreign names what begins with the packet first.
func foreign(first []byte) string {
	for _, f := range []struct{ magic, name string }{
		{"\x80theora", "video (Theora)"}, {"BBCD", "video (Dirac)"}, {"OVP80", "video (VP8)"}, {"\x8bJNG", "video (JNG)"}, {"\x8aMNG", "video (MNG)"},
		{"\x01video", "video (OGM)"}, {"fishead", "a Skeleton"}, {"Speex   ", "Speex"}, {"CELT    ", "CELT"}, {"\x80kate", "subtitles (Kate)"},
		{"CMML", "captions (CMML)"}, {"PCM     ", "PCM"}, {"fLaC", "FLAC in a form of before 2003"}, {"\x01text", "subtitles (OGM)"},
	} {
		if bytes.HasPrefix(first, []byte(f.magic)) {
			return f.name
		}
	}
	return "an unknown codec"
}

// add reads a part of the current packet; ends means that the packet ends with it. done
// is true after the last header.
func (h *headers) add(part []byte, ends bool) (done bool, err error) {
	if h.size += len(part); h.size > maxHeaders {
		return false, h.invalid(errEndless)
	}
	keep := blockHead
	if h.isSetup() {
		keep = maxKept
	} else if h.kind != flac {
		keep = len(h.commentMagic())
	}
	n := min(len(part), keep-len(h.kept))
	h.kept = append(h.kept, part[:n]...)
	if h.isSetup() && n < len(part) {
		return false, h.invalid(errors.New("the setup header is longer than 256 KiB"))
	}
	if h.kind != flac && h.index == 1 {
		h.comments.magic = keep
		h.comments.add(part)
	}
	if h.kind == flac && len(h.kept) == blockHead {
		h.addFLAC(part, n)
	}
	if !ends {
		return false, nil
	}
	done, err = h.end()
	h.index++
	if !done {
		h.kept = h.kept[:0]
	}
	return done, h.invalid(err)
}

// addFLAC reads a part of which n bytes complete the head of a metadata block.
func (h *headers) addFLAC(part []byte, n int) {
	if h.kept[0]&blockType == blockComments {
		// The reader's magic is nothing: the head of the block is left out.
		h.comments.add(part[n:])
	}
}

// isSetup reports whether the current packet is one that must be kept.
func (h *headers) isSetup() bool { return h.kind == vorbis && h.index == 2 }

func (h *headers) commentMagic() string {
	if h.kind == opus {
		return "OpusTags"
	}
	return "\x03vorbis"
}

// end ends the current packet.
func (h *headers) end() (done bool, err error) {
	switch {
	case h.kind == flac:
		if len(h.kept) < blockHead {
			return false, errors.New("a metadata block is too short")
		}
		count := int(h.first[flacCountAt])<<8 | int(h.first[flacCountAt+1])
		return h.kept[0]&blockLast != 0 || h.index == count, nil
	case h.index == 1 && string(h.kept) != h.commentMagic():
		return false, errors.New("the second header has no comments")
	}
	return h.kind == opus || h.index == 2, nil
}

// format returns the format of the link after its last header.
func (h *headers) format() (f codec.Format, err error) {
	switch h.kind {
	case opus:
		f, err = opusSetup(h.first)
	case vorbis:
		f, err = vorbisSetup(h.first, h.kept)
	case flac:
		f, err = flacSetup(h.first)
	}
	return f, h.invalid(err)
}
