package encode

import (
	"context"
	"io"
	"sync"
	"time"

	"relay/codec"
)

// A segment is the audio of one format that goes through one encoder process.
type segment struct {
	from codec.Format
	to   codec.Format
	lag  time.Duration // how much later a sound is in the encoder's output than in its input

	mu    sync.Mutex
	taken time.Duration // audio that the encoder was given
	given time.Duration // audio that came out
	heard time.Time     // when that was; before, when the segment began
	marks []mark        // in order
}

// A mark is something to do at a place of the audio.
type mark struct {
	at time.Duration
	do func()
}

func newSegment(from, to codec.Format) *segment {
	return &segment{from: from, to: to, lag: lag(to), heard: time.Now()}
}

// feed gives units to an encoder until one of another format follows or the queue is to
// be drained, and then returns nil. Else the error is that of ctx or of encoder, whose
// writes may take as long as limit.
func (s *segment) feed(ctx context.Context, encoder patient, from *queue, limit time.Duration) error {
	var joined codec.Assembler
	var data []byte
	for {
		next, err := from.take(ctx)
		switch {
		case err != nil:
			return err
		case next.last, next.do == nil && next.unit.Format != s.from:
			from.putBack(next)
			return nil
		case next.do != nil:
			s.mark(next.do)
			continue
		}
		encoder.SetWriteDeadline(time.Now().Add(limit))
		next.unit.Tags = nil // one link is enough for the encoder
		data = joined.Append(data[:0], next.unit, codec.Tags{})
		if _, err := encoder.Write(data); err != nil {
			return err
		}
		s.mu.Lock()
		s.taken += next.unit.Length
		s.mu.Unlock()
	}
}

func (s *segment) mark(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.marks = append(s.marks, mark{s.taken + s.lag, do})
}

// play gives the units of the encoder's output to play, and does what is to be done
// between them.
func (s *segment) play(output io.Reader, play func(codec.Unit)) {
	framer := s.to.Codec.NewFramer()
	b := make([]byte, 16<<10)
	for {
		n, err := output.Read(b)
		framer.Write(b[:n])
		if err != nil {
			framer.Finish()
		}
		for u, ok := framer.Next(); ok; u, ok = framer.Next() {
			s.reach()
			u.Tags = nil // an encoder knows none
			play(u)
			s.mu.Lock()
			s.given += u.Length
			s.heard = time.Now()
			s.mu.Unlock()
		}
		if err != nil {
			return
		}
	}
}

// reach does what is to be done at the place that is played next.
func (s *segment) reach() {
	for {
		s.mu.Lock()
		if len(s.marks) == 0 || s.marks[0].at > s.given {
			s.mu.Unlock()
			return
		}
		do := s.marks[0].do
		s.marks = s.marks[1:]
		s.mu.Unlock()
		do()
	}
}

// finish does all that is left to be done.
func (s *segment) finish() {
	s.mu.Lock()
	marks := s.marks
	s.marks = nil
	s.mu.Unlock()
	for _, m := range marks {
		m.do()
	}
}

// inEncoder is how much audio a working encoder holds back at most.
const inEncoder = time.Second

// untilStill waits until nothing has come out of the encoder for limit although it has
// audio, and then returns true; false: ctx is done.
func (s *segment) untilStill(ctx context.Context, limit time.Duration) bool {
	tick := time.NewTicker(limit / 8)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			s.mu.Lock()
			still := s.taken-s.given > inEncoder && now.Sub(s.heard) >= limit
			s.mu.Unlock()
			if still {
				return true
			}
		case <-ctx.Done():
			return false
		}
	}
}
