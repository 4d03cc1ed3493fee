package hls

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"time"

	"relay/internal/contain"
)

// errOver ends a stream whose playlist says that nothing follows.
var errOver = errors.New("the programme is over")

// A Stream is the audio of a playlist, as bytes of MP3 or ADTS, from near the end of the
// playlist on. Read returns them as they are due: segments come in one piece, every few
// seconds, and listeners must not be sent them so. Its methods are for one goroutine.
type Stream struct {
	// Server is the address of the server that sent the playlist.
	Server netip.Addr

	client *Client
	queue  *queue
	stop   context.CancelFunc
	ended  chan struct{} // closed when the follower has ended
	every  time.Duration // the time between two looks at the playlist, at first

	in    Input
	title func(string)
	pacer pacer
	tide  tide

	part     *part
	at       int // offset in the audio of part
	released time.Duration
	best     origin
	last     string // the last title
}

// Input is what a stream is read for; a mounts.Input is one.
type Input interface {
	// Room returns how much audio the input may be given.
	Room() time.Duration
	// IsPassedOver reports whether another input is on the air.
	IsPassedOver() bool
	// Ended is closed when the input has ended.
	Ended() <-chan struct{}
}

// start follows a media playlist, and returns when its first audio is there.
func (c *Client) start(ctx context.Context, list *playlist, from source, request Request) (*Stream, error) {
	f := &follower{Client: c, queue: newQueue(), request: request, from: from, list: list, loaded: time.Now(), every: list.reloadEvery()}
	if list.ended && !f.goesOn() {
		return nil, refused(ErrEnded)
	}
	ctx, stop := context.WithCancel(ctx)
	s := &Stream{Server: from.server, client: c, queue: f.queue, stop: stop, ended: make(chan struct{}), every: f.every}
	go func() {
		defer close(s.ended)
		s.queue.end(f.runContained(ctx))
	}()
	for {
		ready, err := s.queue.ready()
		switch {
		case ready:
			return s, nil
		case errors.Is(err, errOver):
			err = refused(ErrEnded)
			fallthrough
		case err != nil:
			s.Close()
			return nil, err
		}
		<-s.queue.filled
	}
}

// goesOn reports whether the playlist has something behind the segment that was played last.
func (f *follower) goesOn() bool {
	if f.last == nil {
		return false
	}
	i, found := f.find(*f.last)
	return found && i+1 < len(f.list.segments)
}

func (f *follower) runContained(ctx context.Context) (err error) {
	defer contain.Error(f.Log, &err)
	return f.run(ctx)
}

// Close ends the stream and waits for its goroutine.
func (s *Stream) Close() {
	s.stop()
	<-s.ended
}

// Play says for whom the stream is read, before the first Read. title is called, within
// Read, with each title in the bytes that this call of Read returns.
func (s *Stream) Play(in Input, title func(string)) {
	s.in, s.title = in, title
}

// Read returns at most a quarter of a second of audio, when it is due. The error is io.EOF
// at the end of the programme or of the input, or why nothing follows.
func (s *Stream) Read(b []byte) (int, error) {
	if s.pacer.began.IsZero() {
		if !s.gather() {
			return 0, io.EOF
		}
		reserve, _ := s.queue.reserve()
		s.tide.every = s.every
		s.pacer = pacer{in: s.in, began: time.Now(), head: min(max(0, reserve-2*s.every), maxHead)}
	}
	for s.part == nil || s.at == len(s.part.audio) {
		if err := s.advance(); err != nil {
			return 0, err
		}
	}
	n, length := s.piece(len(b))
	reserve, _ := s.queue.reserve()
	if !s.pacer.await(length, s.tide.note(time.Now(), reserve)) {
		return 0, io.EOF
	}
	s.tell()
	n = copy(b[:n], s.part.audio[s.at:])
	s.at += n
	s.released += length
	s.queue.list(-length)
	return n, nil
}

// gather waits until there is so much that the next segment comes in time: it is listed
// within one and a half target durations (RFC 8216 §6.3.4). It reports whether the input
// goes on.
func (s *Stream) gather() bool {
	enough := 2 * s.every
	late := time.NewTimer(enough) // a playlist may be shorter than that for ever
	defer late.Stop()
	for {
		if reserve, ended := s.queue.reserve(); reserve >= enough || ended {
			return true
		}
		select {
		case <-s.queue.filled:
		case <-late.C:
			return true
		case <-s.in.Ended():
			return false
		}
	}
}

// advance goes to the next part.
func (s *Stream) advance() error {
	if s.part != nil {
		s.queue.list(s.released - s.part.len) // lengths are rounded
		s.part = nil
	}
	for {
		p, err := s.queue.take()
		switch {
		case p != nil:
			s.part, s.at, s.released = p, 0, 0
			s.client.last = &p.id
			return nil
		case errors.Is(err, errOver):
			return io.EOF
		case err != nil:
			return err
		}
		select {
		case <-s.queue.filled:
		case <-s.in.Ended():
			return io.EOF
		}
	}
}

const (
	// quantum is how much audio is released at once. The mount need not wake for less.
	quantum = 250 * time.Millisecond

	// minRate and maxRate bound the bit rate of a segment, in bytes per second: outside of
	// them its length in the playlist is wrong. usualRate is that of one without a length.
	minRate   = 1000
	maxRate   = 256 << 10
	usualRate = 16000
)

// piece returns how many bytes to release next, at most so many and none beyond a title,
// and how long they play.
func (s *Stream) piece(most int) (n int, length time.Duration) {
	rate := float64(usualRate)
	if s.part.len > 0 {
		rate = min(max(float64(len(s.part.audio))/s.part.len.Seconds(), minRate), maxRate)
	}
	n = min(most, len(s.part.audio)-s.at, max(1, int(rate*quantum.Seconds())))
	for _, m := range s.part.marks {
		if m.at > s.at {
			n = min(n, m.at-s.at)
			break
		}
	}
	return n, time.Duration(float64(n) / rate * float64(time.Second))
}

// tell tells of the title at the place that was reached: the one with the best origin, and the
// same one once.
func (s *Stream) tell() {
	text := ""
	for len(s.part.marks) > 0 && s.part.marks[0].at <= s.at {
		if m := s.part.marks[0]; m.from >= s.best {
			s.best, text = m.from, s.client.Text(m.text)
		}
		s.part.marks = s.part.marks[1:]
	}
	if text != "" && text != s.last {
		s.last = text
		s.title(text)
	}
}
