package frames

// How many headers in a row must stand where each says the next one is, before
// the first of them is believed. Random bytes look like a header once in some
// twenty thousand places.
const (
	nextLook  = 2 // in a stream: the frame and its successor
	firstLook = 3 // to take bytes for a stream, or for one of another format
	tagLook   = 8 // to take what a tag calls its own for a stream
)

// stop is why a walk ended.
type stop int

const (
	enough  stop = iota // as many headers as were asked for
	tagged              // a tag follows a frame
	changed             // the header of another format follows a frame
	short               // the bytes end where a header may be, or begin
	broken              // there is something else
)

// walk goes from header to header of one format at the start of b, and over
// most of them at most. n is how many it met, end where the next one belongs.
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
		switch size, more := tagSize(rest); {
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

// missing tells bytes that are too few for a header from bytes that are none.
func missing(b []byte) stop {
	if len(b) < HeaderSize && b[0] == 0xff {
		return short
	}
	return broken
}

// verdict is what bytes turned out to be.
type verdict int

const (
	whole   verdict = iota // a whole frame, and what follows proves it
	noFrame                // no frame, or one that has lost bytes
	unsure                 // more bytes are needed
)

// judge says whether b begins with a frame: look headers in a row, the first
// one's included. A tag may end the row, and so may the end of all bytes when
// it is known. A change of format within it must be followed by a row of its
// own, in one format. It never needs more than a few frames to decide.
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
