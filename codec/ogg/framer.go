package ogg

import (
	"bytes"

	"relay/codec"
)

// Framer cuts an Ogg stream of Opus, Vorbis or FLAC into units, as codec.Framer says.
// Its pages tell which codec it is. Nothing is released before the first identification
// header, since nothing can be decoded without it.
//
// A unit has packets that end on one page of the source, and lasts at most 200 ms unless
// it is a single packet. A packet from more than one page of the source is a unit of its
// own. So units are the same from wherever reading begins, and the same again if the
// output of a splicer is read. They are intact pages with serial 0 and granule position
// 0.
//
// It keeps a page, a packet of up to 1 MiB, the headers without pictures, and the
// largest Write.
type Framer struct {
	buf      []byte
	at       int // buf[:at] is used up
	finished bool
	synced   bool // buf[at:] follows a page
	lost     bool // the next packet does not continue the last one
	started  bool // a page has been found
	id3      int  // bytes of a tag still to be skipped
	stats    codec.Stats
	err      error

	link    *inLink
	kind    *kind        // of the last link
	format  codec.Format // of the last link with all headers
	size    int          // of the page at buf[at:] whose packets are released; 0: none
	queue   []queued
	done    int    // queue[:done] is released
	last    int    // samples of the last packet; 0: unknown
	begun   []byte // of a packet that goes on on the next page
	isBegun bool   // begun has the whole beginning of the packet
	spread  []byte // a packet from more than one page, in the queue

	out  []byte
	list []packet
}

// NewFramer returns a Framer for a stream of any of the three codecs.
func NewFramer() *Framer { return &Framer{lost: true} }

// Write implements codec.Framer.
func (f *Framer) Write(p []byte) (int, error) {
	if f.err != nil && f.size == 0 {
		f.buf, f.at = nil, 0
		return len(p), nil
	}
	if f.at > 0 {
		f.buf = f.buf[:copy(f.buf, f.buf[f.at:])]
		f.at = 0
	}
	f.buf = append(f.buf, p...)
	return len(p), nil
}

// Finish implements codec.Framer.
func (f *Framer) Finish() { f.finished = true }

// Stats implements codec.Framer.
func (f *Framer) Stats() codec.Stats { return f.stats }

// Err implements codec.Framer.
func (f *Framer) Err() error { return f.err }

// Next implements codec.Framer.
func (f *Framer) Next() (codec.Unit, bool) {
	for {
		if f.done < len(f.queue) {
			return f.release(), true
		}
		f.queue, f.done = f.queue[:0], 0
		if f.size > 0 {
			f.at += f.size
			f.size = 0
		}
		if f.err != nil || !f.turn() {
			return codec.Unit{}, false
		}
	}
}

// turn reads on to the next page, and puts its packets into the queue. It returns false
// if more bytes are needed.
func (f *Framer) turn() bool {
	for f.at < len(f.buf) {
		b := f.buf[f.at:]
		if f.id3 > 0 {
			f.skipID3(b)
			continue
		}
		if f.synced || !f.started && f.stats.Garbage == 0 {
			size, more := id3Size(b)
			if more && !f.finished {
				return false
			}
			if f.id3 = size; size > 0 {
				continue
			}
		}
		size := pageSize(b)
		if (size == 0 || size > len(b)) && !f.finished {
			return false
		}
		if size <= 0 || size > len(b) || !page(b[:size]).isIntact() {
			f.lose()
			f.skip(b)
			continue
		}
		f.synced, f.started = true, true
		f.size = size
		f.open(page(b[:size]))
		return true
	}
	return false
}

// lose notes that the bytes to come do not follow the last page.
func (f *Framer) lose() {
	if f.synced {
		f.stats.Resyncs++
	}
	f.synced, f.lost = false, true
	if f.link != nil {
		f.link.onlyBOS = false // the next pages may be of another link
	}
}

// skip skips garbage up to where a page may begin, and at least a byte.
func (f *Framer) skip(b []byte) {
	n := bytes.Index(b[1:], []byte(capture)) + 1
	if n == 0 {
		n = len(b)
		if !f.finished {
			n = max(1, len(b)-len(capture)+1)
			for !bytes.HasPrefix([]byte(capture), b[n:]) {
				n++
			}
		}
	}
	f.waste(n)
	f.at += n
}

func (f *Framer) waste(n int) { f.stats.Garbage += int64(n) }
