package auth

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"
)

const (
	maxNotices     = 1000
	noticeWorkers  = 8
	noticesGoodbye = 3 * time.Second // for what waits when the server ends
)

// notice is one thing that a hook is told.
type notice struct {
	address, action, mount, body string
	ordered                      bool // among those of its mount
}

// notices is a bounded queue of what hooks are to be told. Those of a mount
// that are ordered are given out one after the other.
type notices struct {
	mu      sync.Mutex
	changed *sync.Cond
	waiting []notice
	busy    map[string]bool // mounts of which an ordered notice is under way
	closed  bool
	lost    int // in a row, because the queue was full
}

func newNotices() *notices {
	q := &notices{busy: map[string]bool{}}
	q.changed = sync.NewCond(&q.mu)
	return q
}

// put adds a notice unless the queue is full or closed, and returns how many
// have been lost in a row: this one included when ok is false, before this one
// when it is true.
func (q *notices) put(n notice) (lost int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || len(q.waiting) >= maxNotices {
		q.lost++
		return q.lost, false
	}
	q.waiting = append(q.waiting, n)
	q.changed.Signal()
	lost, q.lost = q.lost, 0
	return lost, true
}

// next waits for a notice that may be sent; done must follow. ok is false when
// the queue is closed and nothing waits.
func (q *notices) next() (n notice, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		i := slices.IndexFunc(q.waiting, func(n notice) bool { return !n.ordered || !q.busy[n.mount] })
		if i >= 0 {
			n = q.waiting[i]
			q.waiting = slices.Delete(q.waiting, i, i+1)
			if n.ordered {
				q.busy[n.mount] = true
			}
			return n, true
		}
		if q.closed && len(q.waiting) == 0 {
			return notice{}, false
		}
		q.changed.Wait()
	}
}

func (q *notices) done(n notice) {
	if !n.ordered {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.busy, n.mount)
	q.changed.Broadcast()
}

// close lets next end when nothing waits any more.
func (q *notices) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.changed.Broadcast()
}

// abandon empties the queue and returns how many notices it held.
func (q *notices) abandon() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := len(q.waiting)
	q.waiting = nil
	q.changed.Broadcast()
	return n
}

// tell queues a notice. The first that is lost is logged, and how many were
// lost when there is room again.
func (h *hooks) tell(n notice) {
	switch lost, ok := h.notices.put(n); {
	case !ok && lost == 1:
		h.log.Error("hooks are not told any more: too many notices wait, or the server ends",
			zap.String("action", n.action), zap.String("mount", n.mount))
	case ok && lost > 0:
		h.log.Warn("hooks are told again", zap.Int("lost", lost))
	}
}

// run sends notices until ctx ends, and then what waits, as far as the time
// allows.
func (h *hooks) run(ctx context.Context) {
	sending, stop := context.WithCancel(context.Background())
	defer stop()
	var workers sync.WaitGroup
	for range noticeWorkers {
		workers.Go(func() {
			for n, ok := h.notices.next(); ok; n, ok = h.notices.next() {
				h.send(sending, n)
				h.notices.done(n)
			}
		})
	}
	<-ctx.Done()
	h.notices.close()
	late := time.AfterFunc(noticesGoodbye, func() {
		if n := h.notices.abandon(); n > 0 {
			h.log.Warn("hooks were too slow to be told everything", zap.Int("lost", n))
		}
		stop()
	})
	defer late.Stop()
	workers.Wait()
	h.client.CloseIdleConnections()
}

func (h *hooks) send(ctx context.Context, n notice) {
	ctx, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	answer, err := h.post(ctx, n.address, n.body)
	problem := ""
	switch {
	case err != nil:
		problem = h.explain(err)
	case answer.StatusCode >= http.StatusMultipleChoices && !saysYes(answer.Header):
		problem = "it answered " + answer.Status
	default:
		return
	}
	h.log.Warn(hookName(n.address)+" was not told", zap.String("action", n.action),
		zap.String("mount", n.mount), zap.String("problem", problem))
}
