package hooks

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/internal/logging"
)

const (
	maxNotices     = 1000            // waiting for one server
	noticeWorkers  = 8               // for one server
	noticesGoodbye = 3 * time.Second // for the notices that wait when the program ends
)

// notice is one event that a hook is told of.
type notice struct {
	address, action, mount, body string
	ordered                      bool // sent after the earlier ordered notices of its mount
}

// notices are the events that hooks are to be told of: a bounded queue for each server,
// with workers of its own, so that a server that hangs holds up no other. The ordered
// notices of a mount are sent one after the other.
type notices struct {
	send    func(context.Context, notice)
	working sync.WaitGroup

	mu      sync.Mutex
	sending context.Context   // of the workers; nil before open
	queues  map[string]*queue // by server
	closed  bool
}

// queue holds the notices for one server. Guarded by notices.mu.
type queue struct {
	waiting []notice
	busy    map[string]bool // mounts with an ordered notice under way
	workers int
	lost    int // in a row, because the queue was full
}

func newNotices(send func(context.Context, notice)) *notices {
	return &notices{send: send, queues: map[string]*queue{}}
}

// put adds a notice, unless its queue is full or the queues are closed. It returns how
// many were lost in a row: with this one if ok is false, before this one if ok is true.
func (all *notices) put(n notice) (lost int, ok bool) {
	all.mu.Lock()
	defer all.mu.Unlock()
	server := hookServer(n.address)
	q := all.queues[server]
	if q == nil {
		q = &queue{busy: map[string]bool{}}
		all.queues[server] = q
	}
	if all.closed || len(q.waiting) >= maxNotices {
		q.lost++
		return q.lost, false
	}
	q.waiting = append(q.waiting, n)
	if all.sending != nil {
		all.staff(q)
	}
	lost, q.lost = q.lost, 0
	return lost, true
}

// open starts to send the notices that wait. Sending ends with the context.
func (all *notices) open(sending context.Context) {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.sending = sending
	for _, q := range all.queues {
		for range min(len(q.waiting), noticeWorkers) {
			all.staff(q)
		}
	}
}

// staff adds a worker to a queue, up to noticeWorkers. all.mu is held.
func (all *notices) staff(q *queue) {
	if q.workers == noticeWorkers {
		return
	}
	q.workers++
	sending := all.sending
	all.working.Go(func() {
		for n, ok := all.next(q); ok; n, ok = all.next(q) {
			all.send(sending, n)
			all.done(q, n)
		}
	})
}

// next returns a notice that may be sent; done must follow. If there is none, the worker
// ends: the worker whose notice the others wait for looks again after it.
func (all *notices) next(q *queue) (n notice, ok bool) {
	all.mu.Lock()
	defer all.mu.Unlock()
	i := slices.IndexFunc(q.waiting, func(n notice) bool { return !n.ordered || !q.busy[n.mount] })
	if i < 0 {
		q.workers--
		return notice{}, false
	}
	n = q.waiting[i]
	q.waiting = slices.Delete(q.waiting, i, i+1)
	if n.ordered {
		q.busy[n.mount] = true
	}
	return n, true
}

func (all *notices) done(q *queue, n notice) {
	if !n.ordered {
		return
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	delete(q.busy, n.mount)
}

// close accepts no more notices, and returns when no notice waits.
func (all *notices) close() {
	all.mu.Lock()
	all.closed = true
	all.mu.Unlock()
	all.working.Wait()
}

// abandon empties the queues and returns how many notices they held.
func (all *notices) abandon() (n int) {
	all.mu.Lock()
	defer all.mu.Unlock()
	for _, q := range all.queues {
		n += len(q.waiting)
		q.waiting = nil
	}
	return n
}

// tell queues a notice. It logs the first one that is lost and, when there is room again,
// how many were.
func (h *Hooks) tell(n notice) {
	switch lost, ok := h.notices.put(n); {
	case !ok && lost == 1:
		h.log.Error("hooks are no longer notified: too many notices wait, or the server is shutting down",
			zap.String("server", hookServer(n.address)), zap.String("action", n.action), zap.String("mount", n.mount), logging.LimitPer(hookServer(n.address)))
	case ok && lost > 0:
		h.log.Warn("hooks are notified again", zap.String("server", hookServer(n.address)), zap.Int("lost", lost), logging.LimitPer(hookServer(n.address)))
	}
}

// Run sends the events that hooks are told of until ctx ends. It then sends those that
// still wait, for three seconds at most. Events that come later are lost.
func (h *Hooks) Run(ctx context.Context) {
	sending, stop := context.WithCancel(context.Background())
	defer stop()
	h.notices.open(sending)
	<-ctx.Done()
	late := time.AfterFunc(noticesGoodbye, func() {
		if n := h.notices.abandon(); n > 0 {
			h.log.Warn("hooks were too slow: some notices were not sent", zap.Int("lost", n))
		}
		stop()
	})
	defer late.Stop()
	h.notices.close()
	h.client.CloseIdleConnections()
}

func (h *Hooks) send(ctx context.Context, n notice) {
	ctx, cancel := context.WithTimeout(ctx, h.Timeout)
	defer cancel()
	answer, err := h.post(ctx, n.address, n.body)
	problem := ""
	switch {
	case err != nil:
		problem = h.explain(err)
	case answer.StatusCode >= http.StatusMultipleChoices && !saysYes(answer.Header):
		problem = "it answered " + answer.Status
	default:
		h.noticeArrived(n.address)
		return
	}
	if !h.noticeLost(n.address) {
		return // the log has a line already
	}
	h.log.Warn(hookName(n.address)+" was not told", zap.String("action", n.action),
		zap.String("mount", n.mount), zap.String("problem", problem), logging.LimitPer(hookServer(n.address)))
}
