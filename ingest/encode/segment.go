package encode

import (
	"context"
	"io"
	"sync"
	"time"

	"relay/codec/mp3"
)

// A segment is the audio of one format that goes through one encoder process.
type segment struct {
	from mp3.Format
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

// encoderDelay is the delay of an MP3 decoder (529 samples) and of LAME (1105).
const encoderDelay = 529 + 1105

func newSegment(from, to mp3.Format) *segment {
	lag := time.Duration(encoderDelay) * time.Second / time.Duration(to.SampleRate)
	return &segment{from: from, lag: lag, heard: time.Now()}
}

// feed gives frames to an encoder until one of another format follows or the queue is to
// be drained, and then returns nil. Else the error is that of ctx or of encoder, whose
// writes may take as long as limit.
func (s *segment) feed(ctx context.Context, encoder patient, from *queue, limit time.Duration) error {
	var splicer mp3.Splicer
	for {
		next, err := from.take(ctx)
		switch {
		case err != nil:
			return err
		case next.last, next.do == nil && next.frame.Format() != s.from:
			from.putBack(next)
			return nil
		case next.do != nil:
			s.mark(next.do)
			continue
		}
		encoder.SetWriteDeadline(time.Now().Add(limit))
		if _, err := encoder.Write(splicer.Pass(next.frame)); err != nil {
			return err
		}
		s.mu.Lock()
		s.taken += next.frame.Duration()
		s.mu.Unlock()
	}
}

func (s *segment) mark(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.marks = append(s.marks, mark{s.taken + s.lag, do})
}

// play gives the frames of the encoder's output to play, and does what is to be done
// between them.
func (s *segment) play(output io.Reader, play func(mp3.Frame)) {
	var cutter mp3.Cutter
	b := make([]byte, 16<<10)
	for {
		n, err := output.Read(b)
		cutter.Write(b[:n])
		if err != nil {
			cutter.Finish()
		}
		for f, ok := cutter.Next(); ok; f, ok = cutter.Next() {
			s.reach()
			play(f)
			s.mu.Lock()
			s.given += f.Duration()
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

// nearBitRate returns the bit rate that audio gets in another format, in kbit/s: that of
// the input or one near it. The first frames of an input with a variable bit rate may be
// silence: it gets what it announced, or 64 kbit/s for each channel, if that is more.
func nearBitRate(to mp3.Format, average, announced int, varies bool) int {
	if varies {
		average = max(average, announced, 64*to.Channels)
	}
	h, _ := to.Header(average * 1000)
	if h.SampleRate < 16000 { // LAME has no more for MPEG-2.5
		return min(h.BitRate/1000, 64)
	}
	return h.BitRate / 1000
}
