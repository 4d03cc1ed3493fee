package frames

import "relay/codec/tag"

// How many headers in a row, each where the one before says, prove that the first one is
// real. In random bytes, about one place in twenty thousand looks like a header of MP3.
const (
	nextLook  = 2 // in a stream: the frame and its successor
	firstLook = 3 // to accept bytes as a stream, or as one of another format
	tagLook   = 8 // to accept the content of a tag as a stream
)

// Header says what the headers of a codec are like.
type Header struct {
	Sync byte // the first byte
	Size int  // bytes

	// Parse reads the header at the start of b. It returns the size of the whole frame in
	// bytes, or 0 if there is no header. Two headers can come from one run of an encoder if
	// stream is the same.
	Parse func(b []byte) (size int, stream uint32)
}

// End is the reason why a row ended.
type End int

// The ends of a row.
const (
	Enough  End = iota // the requested number of headers was found
	Tagged             // a tag follows a frame
	Changed            // a header of another format follows a frame
	Short              // the bytes end where a header may be, or within one
	Broken             // something else follows
)

// Row goes from header to header of one format, beginning at the start of b, and stops
// after most headers. n is how many it found, end where the next one belongs.
func (h *Header) Row(b []byte, most int) (n, end int, why End) {
	size, first := h.Parse(b)
	if size == 0 {
		return 0, 0, h.missing(b)
	}
	for n, end = 1, size; n < most; n++ {
		if end >= len(b) {
			return n, end, Short
		}
		rest := b[end:]
		switch size, more := tag.Size(rest); {
		case size > 0:
			return n, end, Tagged
		case more:
			return n, end, Short
		}
		size, stream := h.Parse(rest)
		if size == 0 {
			return n, end, h.missing(rest)
		}
		if stream != first {
			return n, end, Changed
		}
		end += size
	}
	return n, end, Enough
}

// missing distinguishes bytes that are too short for a header from bytes that are not
// one.
func (h *Header) missing(b []byte) End {
	if len(b) < h.Size && b[0] == h.Sync {
		return Short
	}
	return Broken
}

// Verdict is what Judge says of bytes.
type Verdict int

// The verdicts.
const (
	Whole  Verdict = iota // a whole frame, as the bytes after it prove
	None                  // no frame, or one that has lost bytes
	Unsure                // more bytes are needed
)

// judge decides whether b begins with a frame, which takes look headers in a row, the
// first one included. A tag may end the row, and so may the end of the input if
// finished is set. A change of format within the row must be followed by a whole row in
// the new format. judge never needs more than a few frames to decide.
func (h *Header) judge(b []byte, look int, finished bool) Verdict {
	n, end, why := h.Row(b, look)
	if why == Changed {
		var more int
		more, _, why = h.Row(b[end:], firstLook)
		n += more
	}
	switch why {
	case Enough, Tagged:
		return Whole
	case Short:
		switch {
		case !finished:
			return Unsure
		case n >= nextLook, n > 0 && end == len(b):
			return Whole
		}
	}
	return None
}
