package encode

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"go.uber.org/zap"

	"relay/codec"
	"relay/ingest/feed"
	"relay/internal/contain"
	"relay/internal/logging"
	"relay/mounts"
)

// A lane takes the units of one input to a mount in the mount's format, in order. While
// they have another format an encoder runs; units of the mount's format pass as they
// are. It is a mounts.Conversion.
type lane struct {
	converter *Converter
	order     mounts.ConversionOrder
	queue     *queue
	end       context.CancelFunc

	afterEncoder bool   // the next unit that passes as it is follows encoded ones
	told         string // the last problem in the log
}

// Write adds a unit. The caller may hold a lock, so the lane's goroutine logs what must
// be said.
func (l *lane) Write(u codec.Unit) {
	u.Data = append([]byte(nil), u.Data...)
	if !l.queue.put(step{unit: u}) {
		l.Then(func() { l.log().Warn("the conversion is too slow: some audio is left out") })
	}
}

// Then calls do when the audio written so far has been played.
func (l *lane) Then(do func()) { l.queue.put(step{do: do}) }

// Drain returns when the audio written so far has been played, or after a time.
func (l *lane) Drain(limit time.Duration) {
	done := make(chan struct{})
	l.queue.put(step{do: func() { close(done) }, last: true})
	select {
	case <-done:
	case <-time.After(limit):
	}
}

// End ends the conversion.
func (l *lane) End() { l.end() }

func (l *lane) log() *zap.Logger {
	return l.converter.log.With(zap.String("mount", l.order.Mount), zap.String("input", l.order.Input), logging.LimitPer(l.order.Mount))
}

// run works until ctx is done. An encoder that has failed is started again, after
// longer and longer pauses.
func (l *lane) run(ctx context.Context) {
	defer l.end()
	wait := feed.NewBackoff(feed.MaxWait)
	for {
		s, err := l.queue.take(ctx)
		switch {
		case err != nil:
			return
		case s.do != nil:
			s.do()
			continue
		case s.unit.Format.Fits(l.order.To):
			s.unit.Gap = s.unit.Gap || l.afterEncoder
			l.afterEncoder = false
			l.order.Play(s.unit)
			continue
		}
		l.queue.putBack(s)
		began := time.Now()
		err = l.encode(ctx, s.unit.Format)
		if err == nil || ctx.Err() != nil {
			continue
		}
		if time.Since(began) >= feed.SteadyAfter {
			wait = feed.NewBackoff(feed.MaxWait)
		}
		l.converter.failed.Add(1)
		l.order.Failed(err)
		pause := wait.Next()
		if problem := err.Error(); problem != l.told {
			l.told = problem
			l.log().Warn("the conversion has failed", zap.Error(err), zap.Duration("next attempt in", pause.Round(time.Second)))
		}
		l.rest(ctx, pause)
	}
}

// rest drops audio for a time.
func (l *lane) rest(ctx context.Context, pause time.Duration) {
	ctx, stop := context.WithTimeout(ctx, pause)
	defer stop()
	for {
		s, err := l.queue.take(ctx)
		if err != nil {
			return
		}
		if s.do != nil {
			s.do()
		}
	}
}

// encode runs an encoder for audio of one format. It returns nil when audio of another
// format follows or the audio is to be drained, and has then played all of it; else why
// the encoder ended.
func (l *lane) encode(ctx context.Context, from codec.Format) (err error) {
	defer contain.Error(l.converter.log, &err)
	average, varies := l.queue.bitRate()
	kbits := nearBitRate(l.order.To, average, l.order.BitRate, varies)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	p, err := start(l.converter.command(ctx, from.Codec, l.order.To, kbits))
	if err != nil {
		return err
	}
	l.afterEncoder = true
	segment := newSegment(from, l.order.To)
	defer segment.finish()
	fed := make(chan error, 1)
	go func() {
		err := segment.feed(ctx, p.stdin, l.queue, l.converter.patience)
		p.stdin.Close() // the encoder writes the rest of its output, and ends
		if err != nil {
			stop()
		}
		fed <- err
	}()
	watched := make(chan bool, 1)
	go func() {
		still := segment.untilStill(ctx, l.converter.patience)
		if still {
			stop()
		}
		watched <- still
	}()
	segment.play(p.stdout, l.order.Play)
	ended := p.wait()
	stop()
	still, why := <-watched, <-fed
	switch {
	case still:
		return fmt.Errorf("it sent nothing for %v", l.converter.patience)
	case errors.Is(why, os.ErrDeadlineExceeded):
		return fmt.Errorf("it accepted nothing for %v", l.converter.patience)
	case why != nil:
		return ended
	}
	return nil
}
