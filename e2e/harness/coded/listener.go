package coded

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"relay/codec"
	"relay/codec/mp3"
	"relay/e2e/harness"
)

// Read reads a piece of a stream that must not be torn: a frame or a page. Bytes that do
// not begin one are an error.
func (c Coding) Read(in io.Reader) ([]byte, error) { return c.read(in) }

// Piece is Read within Patience.
func (c Coding) Piece(p *harness.Player) ([]byte, error) {
	p.SetReadDeadline(time.Now().Add(harness.Patience))
	return c.read(p)
}

func readMP3(in io.Reader) ([]byte, error) {
	return readSized(in, 4, func(b []byte) int {
		h, _ := mp3.ParseHeader(b)
		return h.Size
	})
}

func readADTS(in io.Reader) ([]byte, error) {
	return readSized(in, 7, func(b []byte) int {
		if b[0] != 0xff || b[1]&0xf6 != 0xf0 {
			return 0
		}
		return int(b[3]&0x03)<<11 | int(b[4])<<3 | int(b[5])>>5
	})
}

// readSized reads a frame whose length, 0 if it is none, is in its first bytes.
func readSized(in io.Reader, head int, size func([]byte) int) ([]byte, error) {
	frame := make([]byte, head, 2000)
	if _, err := io.ReadFull(in, frame); err != nil {
		return nil, err
	}
	n := size(frame)
	if n < head {
		return nil, fmt.Errorf("% x begins no frame", frame)
	}
	frame = append(frame, make([]byte, n-head)...)
	_, err := io.ReadFull(in, frame[head:])
	return frame, err
}

// A Listening is what a listener has heard of a stream so far.
type Listening struct {
	Coding
	Length time.Duration
	Links  int // how often headers came
	framer codec.Framer
}

// Listen returns a Listening without audio.
func (c Coding) Listen() *Listening { return &Listening{Coding: c, framer: c.NewFramer()} }

// Add adds a frame or page. The error says what is wrong with the stream so far.
func (l *Listening) Add(piece []byte) error {
	l.framer.Write(piece)
	for u, ok := l.framer.Next(); ok; u, ok = l.framer.Next() {
		if u.Format.Codec != l.Codec {
			return fmt.Errorf("%v in a stream of %v", u.Format, l.Codec)
		}
		l.Length += u.Length
	}
	if l.IsOgg() && piece[5]&2 != 0 {
		l.Links++
	}
	switch stats := l.framer.Stats(); {
	case l.framer.Err() != nil:
		return l.framer.Err()
	case stats.Garbage > 0 || stats.Resyncs > int64(l.Links): // the pages after the headers are those that are sent now
		return fmt.Errorf("%d bytes of garbage, and the place in the stream was lost %d times", stats.Garbage, stats.Resyncs)
	}
	return nil
}

// MayEnd reports whether a decoder has nothing open after a piece: neither a packet nor the
// headers of a link.
func (c Coding) MayEnd(piece []byte) bool {
	if !c.IsOgg() {
		return true
	}
	granule := binary.LittleEndian.Uint64(piece[6:])
	return granule != 0 && granule != 1<<64-1
}
