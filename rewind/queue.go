package rewind

import (
	"sync"
	"time"
)

const (
	// queued is how much audio may wait for the disk.
	queued = 30 * time.Second

	// maxQueued is how many segments that may be, if they are short.
	maxQueued = 64
)

// queue holds segments on their way to the disk.
type queue struct {
	more chan struct{} // has a value when there are segments

	mu     sync.Mutex
	list   []Segment
	length time.Duration // of the audio in list
}

func newQueue() *queue { return &queue{more: make(chan struct{}, 1)} }

// put adds a segment, and reports whether there was room for it.
func (q *queue) put(t Segment) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.list) == maxQueued || len(q.list) > 0 && q.length+t.Length > queued {
		return false
	}
	q.list = append(q.list, t)
	q.length += t.Length
	select {
	case q.more <- struct{}{}:
	default:
	}
	return true
}

// take removes the oldest segment. last reports whether it was the only one.
func (q *queue) take() (t Segment, last, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.list) == 0 {
		return t, false, false
	}
	t = q.list[0]
	q.list[0] = Segment{} // frees its audio
	q.list = q.list[1:]
	q.length -= t.Length
	return t, len(q.list) == 0, true
}
