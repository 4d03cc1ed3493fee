package listeners

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"relay/mounts"
)

// slotTime is how finely a flush interval is divided: listeners are spread
// over its slots, so that the load is flat and no one waits for all others.
const slotTime = 25 * time.Millisecond

// A shard is a writer with its listeners: one goroutine that visits each once
// per flush interval.
type shard struct {
	visitor   visitor
	cadence   time.Duration // how often a listener is visited
	leave     func(l *listener, reason string)
	flushed   func(began time.Time)
	listeners atomic.Int64 // in slots and inbox

	// Owned by run. Slot i is visited at the ticks t with t mod len(slots) = i.
	slots [][]*listener
	size  int       // listeners in all slots
	tick  int64     // the last tick that was visited
	epoch time.Time // when tick 0 was due

	mu    sync.Mutex
	inbox []*listener   // not yet in a slot
	wake  chan struct{} // says that somebody is in the inbox

	met chan struct{} // taken from when run comes by
}

func newShard(v visitor, cadence time.Duration, leave func(*listener, string), flushed func(time.Time)) *shard {
	slots := max(1, int(cadence/slotTime))
	return &shard{visitor: v, cadence: cadence, leave: leave, flushed: flushed, slots: make([][]*listener, slots), wake: make(chan struct{}, 1), met: make(chan struct{})}
}

// add gives the shard a listener, who was brought up to date just now.
func (s *shard) add(l *listener) {
	s.listeners.Add(1)
	s.mu.Lock()
	s.inbox = append(s.inbox, l)
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run visits the listeners until ctx ends; then each gets what there still is
// for him and is let go.
func (s *shard) run(ctx context.Context) {
	s.epoch = time.Now()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		now := time.Now()
		s.takeIn(now)
		next := s.nextTick(now)
		if s.size > 0 {
			timer.Reset(time.Until(s.due(next)))
		}
		select {
		case <-timer.C:
			if s.size > 0 {
				s.tick = next
				now := time.Now()
				s.visit(next, now)
				s.flushed(now)
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

// nextTick returns the first tick to come whose slot has listeners. After a
// time in which the machine was away it is due at once, and what was missed is
// not made up for: every visit brings a listener all there is.
func (s *shard) nextTick(now time.Time) int64 {
	next := s.tick + 1
	for n := 0; n < len(s.slots) && len(s.slots[next%int64(len(s.slots))]) == 0; n++ {
		next++
	}
	if late := now.Sub(s.due(next)); late > s.cadence {
		s.epoch = s.epoch.Add(late)
	}
	return next
}

// takeIn gives newcomers the emptiest slot, and of equal ones that which is
// farthest ahead: they were sent everything just now.
func (s *shard) takeIn(now time.Time) {
	s.mu.Lock()
	newcomers := s.inbox
	s.inbox = nil
	s.mu.Unlock()
	if len(newcomers) == 0 {
		return
	}
	if s.size == 0 { // nobody was waiting: go on from here
		s.epoch = now.Add(-time.Duration(s.tick) * slotTime)
	}
	slots := int64(len(s.slots))
	for _, l := range newcomers {
		least := s.tick % slots
		for back := int64(1); back < slots; back++ {
			if at := (s.tick + slots - back) % slots; len(s.slots[at]) < len(s.slots[least]) {
				least = at
			}
		}
		s.slots[least] = append(s.slots[least], l)
		s.size++
	}
}

// visit brings the listeners of one tick up to date.
func (s *shard) visit(tick int64, now time.Time) {
	slot := tick % int64(len(s.slots))
	list := s.slots[slot]
	for i := 0; i < len(list); {
		l := list[i]
		if reason := s.visitor.visit(l, now); reason != stillListens {
			s.leave(l, reason)
			s.listeners.Add(-1)
			last := len(list) - 1
			list[i], list[last] = list[last], nil
			list = list[:last]
			s.size--
			continue
		}
		i++
	}
	s.slots[slot] = list
	s.visitor.gather.release()
}

// dismiss lets everybody go.
func (s *shard) dismiss() {
	now := time.Now()
	s.takeIn(now)
	for slot, list := range s.slots {
		for _, l := range list {
			reason := s.visitor.visit(l, now)
			if reason == stillListens {
				reason = mounts.LeftShutdown
			}
			s.leave(l, reason)
			s.listeners.Add(-1)
		}
		s.slots[slot] = nil
	}
	s.size = 0
}
