package mp3

import "relay/codec/tag"

// How many headers in a row, each where the one before says, prove that the first one
// is real. In random bytes, about one place in twenty thousand looks like a header.
const (
	nextLook  = 2 // in a stream: the frame and its successor
	firstLook = 3 // to accept bytes as a stream, or as one of another format
	tagLook   = 8 // to accept the content of a tag as a stream
)

// stop is the reason why a walk ended.
type stop int

const (
	enough  stop = iota // the requested number of headers was found
	tagged              // a tag follows a frame
	changed             // a header of another format follows a frame
	short               // the bytes end where a header may be, or within one
	broken              // something else follows
)

// walk goes from header to header of one format, beginning at the start of b, and stops
// after most headers. n is how many it found, end where the next one belongs.
func walk(b []byte, most int) (n, end int, why stop) {
	first, ok := ParseHeader(b)
	if !ok {
		return 0, 0, missing(b)
	}
	for n, end = 1, first.Size; n < most; n++ {
		if end >= len(b) {
			return n, end, short
		}
		rest := b[end:]
		switch size, more := tag.Size(rest); {
		case size > 0:
			return n, end, tagged
		case more:
			return n, end, short
		}
		next, ok := ParseHeader(rest)
		if !ok {
			return n, end, missing(rest)
		}
		if !next.sameStream(first) {
			return n, end, changed
		}
		end += next.Size
	}
	return n, end, enough
}

// missing distinguishes bytes that are too short for a header from bytes that are not
// one.
func missing(b []byte) stop {
	if len(b) < HeaderSize && b[0] == 0xff {
		return short
	}
	return broken
}

// verdict is the result of judge.
type verdict int

const (
	whole   verdict = iota // a whole frame, as the bytes after it prove
	noFrame                // no frame, or one that has lost bytes
	unsure                 // more bytes are needed
)

// judge decides whether b begins with a frame, which takes look headers in a row, the
// first one included. A tag may end the row, and so may the end of the input if
// finished is set. A change of format within the row must be followed by a whole row in
// the new format. judge never needs more than a few frames to decide.
func judge(b []byte, look int, finished bool) verdict {
	n, end, why := walk(b, look)
	if why == changed {
		var more int
		more, _, why = walk(b[end:], firstLook)
		n += more
	}
	switch why {
	case enough, tagged:
		return whole
	case short:
		switch {
		case !finished:
			return unsure
		case n >= nextLook, n > 0 && end == len(b):
			return whole
		}
	}
	return noFrame
}
