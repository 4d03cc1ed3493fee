package listeners

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"relay/mounts"
)

const (
	// promptly is how soon listeners with an order, or whose stream has ended, are
	// flushed, in ticks.
	promptly = 8

	// lookEvery is how often a shard looks for such listeners at most, in ticks, because
	// it looks at each of its listeners.
	lookEvery = 4
)

// A shard is one goroutine that flushes its listeners, each at an interval of its own.
type shard struct {
	flusher   flusher
	leave     func(l *listener, reason string)
	flushed   func(began time.Time)
	listeners atomic.Int64 // number in wheel and inbox
	backlog   backlog

	// Owned by run.
	wheel  wheel
	epoch  time.Time // when tick 0 was due
	looked int64     // the last tick at which the shard looked for orders

	mu    sync.Mutex
	inbox []*listener   // not yet in the wheel
	wake  chan struct{} // signalled when the inbox has listeners, or there are orders

	ordered atomic.Bool      // a listener has an order, or its stream has ended
	hurry   func(leave bool) // for Audience.WakeFor

	met chan struct{} // received from once per round of run
}

func newShard(f flusher, leave func(*listener, string), flushed func(time.Time)) *shard {
	s := &shard{flusher: f, leave: leave, flushed: flushed, wake: make(chan struct{}, 1), met: make(chan struct{})}
	s.hurry = func(bool) {
		s.ordered.Store(true)
		s.rouse()
	}
	return s
}

// add gives the shard a listener that has just been sent everything there is.
func (s *shard) add(l *listener) {
	s.listeners.Add(1)
	l.mount.Audience.WakeFor(&l.Listener, s.hurry)
	s.mu.Lock()
	s.inbox = append(s.inbox, l)
	s.mu.Unlock()
	s.rouse()
}

// rouse makes run look at the inbox and for orders.
func (s *shard) rouse() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run flushes the listeners until ctx is done. Each is then sent what is left for it,
// and dismissed.
func (s *shard) run(ctx context.Context) {
	s.epoch = time.Now()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		now := time.Now()
		s.wheel.advance(int64(now.Sub(s.epoch) / slotTime))
		s.takeIn(now)
		var next int64
		if s.wheel.size > 0 {
			next = s.nextTick(now)
			timer.Reset(time.Until(s.due(next)))
		} else {
			s.backlog.stretch.Store(unstretched)
		}
		select {
		case <-timer.C:
			if s.wheel.size > 0 {
				s.serve(next)
			}
		case <-s.wake:
		case <-s.met:
		case <-ctx.Done():
			s.dismiss()
			return
		}
	}
}

func (s *shard) due(tick int64) time.Time {
	return s.epoch.Add(time.Duration(tick) * slotTime)
}

// nextTick returns the next tick at which there is something to do. If the machine was
// suspended, all listeners are due at once and no more than once, because every flush
// sends a listener everything there is.
func (s *shard) nextTick(now time.Time) int64 {
	next := s.wheel.next()
	if s.ordered.Load() {
		next = min(next, max(s.wheel.tick+1, s.looked+lookEvery))
	}
	longest := time.Duration(s.flusher.conf.Config().Limits.FlushMax)
	if late := now.Sub(s.due(next)); late > longest {
		s.epoch = s.epoch.Add(late - longest)
	}
	return next
}

// takeIn makes new listeners due within the shortest interval. They have just been sent
// everything there is.
func (s *shard) takeIn(now time.Time) {
	s.mu.Lock()
	newcomers := s.inbox
	s.inbox = nil
	s.mu.Unlock()
	if len(newcomers) == 0 {
		return
	}
	for _, l := range newcomers {
		s.wheel.add(l, 1, s.ticks(l, now))
	}
}

// ticks returns in how many ticks a listener that is flushed now is due again.
func (s *shard) ticks(l *listener, now time.Time) int64 {
	interval := l.untilFlush(&s.flusher.conf.Config().Limits, now)
	return int64(interval) * s.backlog.percent() / unstretched / int64(slotTime)
}

// serve does what is due at a tick.
func (s *shard) serve(tick int64) {
	now := time.Now()
	if s.ordered.Load() && tick >= s.looked+lookEvery {
		s.looked = tick
		s.ordered.Store(false)
		s.wheel.hasten((*listener).mustAct, promptly)
	}
	s.flushTick(tick, now)
	s.backlog.worked(s.due(tick), time.Now())
	s.flushed(now)
}

// flushTick flushes the listeners of one tick.
func (s *shard) flushTick(tick int64, now time.Time) {
	for l := s.wheel.take(tick); l != nil; {
		following := l.next
		l.next = nil
		if reason := s.flusher.flush(l, now); reason != stillListens {
			s.leave(l, reason)
			s.listeners.Add(-1)
		} else {
			latest := s.ticks(l, now)
			s.wheel.add(l, latest-latest/8, latest)
		}
		l = following
	}
	s.flusher.gather.release()
}

// dismiss ends all listeners of the shard.
func (s *shard) dismiss() {
	now := time.Now()
	s.takeIn(now)
	for s.wheel.size > 0 {
		for l := s.wheel.take(s.wheel.next()); l != nil; l = l.next {
			reason := s.flusher.flush(l, now)
			if reason == stillListens {
				reason = mounts.LeftShutdown
			}
			s.leave(l, reason)
			s.listeners.Add(-1)
		}
	}
}
