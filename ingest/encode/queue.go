package encode

import (
	"context"
	"sync"
	"time"

	"relay/codec"
)

// maxQueued bounds the audio that waits for an encoder, in bytes: more than the longest
// burst of a source or fallback at the highest bit rate.
const maxQueued = 1 << 20

// A step is a unit on its way through a conversion, or something to do at its place.
type step struct {
	unit codec.Unit // its data belong to the step
	do   func()     // nil: a unit
	last bool       // do follows when all audio before it has come out of the encoder
}

// A queue holds the steps that an encoder has not taken yet. Any goroutine may put; one
// takes at a time.
type queue struct {
	more chan struct{} // signals that there is a step

	mu    sync.Mutex
	steps []step
	bytes int
}

func newQueue() *queue { return &queue{more: make(chan struct{}, 1)} }

// put adds a step. If there is too much audio, all of it is dropped: a converter that
// is behind continues with the newest. The result reports whether there was room.
func (q *queue) put(s step) (room bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes += len(s.unit.Data)
	room = q.bytes <= maxQueued
	if !room {
		q.dropAudio()
		s.unit.Gap = true
		q.bytes = len(s.unit.Data)
	}
	q.steps = append(q.steps, s)
	q.ring()
	return room
}

// dropAudio keeps only what is to be done. q.mu is held.
func (q *queue) dropAudio() {
	var kept []step
	for _, s := range q.steps {
		if s.do != nil {
			kept = append(kept, s)
		}
	}
	q.steps, q.bytes = kept, 0
}

// putBack makes a step that was taken the next one again.
func (q *queue) putBack(s step) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.steps = append([]step{s}, q.steps...)
	q.bytes += len(s.unit.Data)
	q.ring()
}

func (q *queue) ring() {
	select {
	case q.more <- struct{}{}:
	default:
	}
}

// take waits for the next step. The error is that of ctx.
func (q *queue) take(ctx context.Context) (step, error) {
	for {
		q.mu.Lock()
		if len(q.steps) > 0 && ctx.Err() == nil {
			s := q.steps[0]
			q.steps[0] = step{}
			q.steps = q.steps[1:]
			q.bytes -= len(s.unit.Data)
			q.mu.Unlock()
			return s, nil
		}
		q.mu.Unlock()
		select {
		case <-q.more:
		case <-ctx.Done():
			return step{}, ctx.Err()
		}
	}
}

// bitRate returns the average bit rate of the audio that waits, in kbit/s, and whether
// it changes from unit to unit; 0 if there is none.
func (q *queue) bitRate() (average int, varies bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var units []codec.Unit
	for _, s := range q.steps {
		if s.do == nil {
			units = append(units, s.unit)
		}
	}
	return averageBitRate(units)
}

// averageBitRate returns the average bit rate of units in kbit/s, and whether they say that
// it varies; 0 if there are none.
func averageBitRate(units []codec.Unit) (kbits int, varies bool) {
	bytes, length := 0, time.Duration(0)
	for _, u := range units {
		bytes += len(u.Data)
		length += u.Length
		varies = varies || u.BitRate != units[0].BitRate
	}
	switch {
	case length == 0:
		return 0, false
	case !varies && units[0].BitRate != 0:
		return units[0].BitRate / 1000, false
	}
	return int(float64(bytes)*8/length.Seconds()) / 1000, varies
}
