package harness

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"testing"
	"time"

	"relay/codec"
	"relay/codec/mp3"
)

// Read reads a piece of a stream that must not be torn: a frame or a page. Bytes that do
// not begin one are an error.
func (c Coding) Read(in io.Reader) ([]byte, error) { return c.next(in) }

// Piece is Read within Patience.
func (c Coding) Piece(p *Player) ([]byte, error) {
	p.SetReadDeadline(time.Now().Add(Patience))
	return c.next(p)
}

// readPiece reads a piece of a codec's stream.
type readPiece func(in io.Reader) ([]byte, error)

func readMP3(in io.Reader) ([]byte, error) {
	return readSized(in, 4, func(b []byte) int {
		header, _ := mp3.ParseHeader(b)
		return header.Size
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

// Heard is what a listener has heard of a stream so far.
type Heard struct {
	Coding
	Length time.Duration
	Links  int // how often headers came
	framer codec.Framer
}

// Listen returns a Heard without audio.
func (c Coding) Listen() *Heard { return &Heard{Coding: c, framer: c.NewFramer()} }

// Add adds a frame or page. The error says what is wrong with the stream so far.
func (h *Heard) Add(piece []byte) error {
	h.framer.Write(piece)
	for u, ok := h.framer.Next(); ok; u, ok = h.framer.Next() {
		if u.Format.Codec != h.Codec {
			return fmt.Errorf("%v in a stream of %v", u.Format, h.Codec)
		}
		h.Length += u.Length
	}
	if h.IsOgg() && piece[5]&2 != 0 {
		h.Links++
	}
	switch stats := h.framer.Stats(); {
	case h.framer.Err() != nil:
		return h.framer.Err()
	case stats.Garbage > 0 || stats.Resyncs > int64(h.Links): // the pages after the headers are those that are sent now
		return fmt.Errorf("%d bytes of garbage, and the place in the stream was lost %d times", stats.Garbage, stats.Resyncs)
	}
	return nil
}

// Record returns some seconds of audio from a mount of this server, as a listener without
// metadata gets it, beginning with the burst. Anything but whole frames or pages of the
// codec fails the test.
func (c Coding) Record(t testing.TB, r *Relay, mount string, seconds int) []byte {
	t.Helper()
	p := r.Tune(t, mount)
	defer p.Close()
	if got := p.Header["content-type"]; got != c.MediaType() {
		t.Fatalf("%s has the type %s, want %s", mount, got, c.MediaType())
	}
	var audio []byte
	for heard := c.Listen(); heard.Length < time.Duration(seconds)*time.Second; {
		piece, err := c.Piece(p)
		if err == nil {
			err = heard.Add(piece)
		}
		if err != nil {
			t.Fatalf("%s: %v after %v", mount, err, heard.Length)
		}
		audio = append(audio, piece...)
	}
	return audio
}

// Take reads audio from a stream of any server until condition, which is asked with what has
// been read and how long it plays, is true. It may begin and end within a frame or page. After
// three times Patience it fails the test.
func (c Coding) Take(t testing.TB, p *Player, condition func(audio []byte, length time.Duration) bool) []byte {
	t.Helper()
	var audio []byte
	var length time.Duration
	framer, chunk := c.NewFramer(), make([]byte, 4096)
	for !condition(audio, length) {
		if length > 3*Patience {
			t.Fatalf("waited in vain through %v of audio", length)
		}
		p.SetReadDeadline(time.Now().Add(Patience))
		n, err := p.Read(chunk)
		if err != nil {
			t.Fatalf("listener: %v after %v of audio", err, length)
		}
		audio = append(audio, chunk[:n]...)
		framer.Write(chunk[:n])
		for u, ok := framer.Next(); ok; u, ok = framer.Next() {
			length += u.Length
		}
	}
	return audio
}

// EventuallyHears waits until 3 s of a mount of any server, from its burst on, are a tone of
// hertz, to 1 percent. decode, such as c.Decode, returns its samples.
func (c Coding) EventuallyHears(t testing.TB, r *Relay, mount string, hertz int, decode func(t testing.TB, stream []byte) []int16) {
	t.Helper()
	Eventually(t, fmt.Sprintf("a tone of %d Hz in %v on %s", hertz, c, mount), func() bool {
		p := r.Tune(t, mount)
		defer p.Close()
		pitch := Pitch(decode(t, c.Take(t, p, func(_ []byte, length time.Duration) bool { return length >= 3*time.Second })))
		is := math.Abs(pitch-float64(hertz)) <= float64(hertz)/100
		if !is {
			t.Logf("%s plays %.1f Hz, not yet %d", mount, pitch, hertz)
		}
		return is
	})
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
