package auth

import (
	"time"

	"go.uber.org/zap"

	"relay/internal/logging"
)

// How a hook that gives no answers is treated.
const (
	mostFailures  = 3               // in a row, that a hook may answer with an error; one is enough where it does not answer
	shortestPause = time.Second     // until a hook that is down is asked again; each time twice as long,
	longestPause  = 5 * time.Second // but no longer than this
	tellEvery     = time.Minute     // how often the log says that a hook gives no answers
	mostBreakers  = 1000            // hooks that are remembered; it takes that many reloads to have more
)

// breaker remembers whether a hook answers. While it does not, nobody waits for
// it: one question at a time is put to it after a pause, and all others are
// refused at once. Guarded by hooks.mu.
type breaker struct {
	failures int // in a row
	answered time.Time
	problem  string // of the last failure

	down    chan struct{} // closed while the hook is down
	pause   time.Duration // 0: the hook is not down
	next    time.Time     // when it may be asked again
	probing bool          // the question that finds out is under way

	failed int       // questions without an answer since the log told of them
	told   bool      // that there are some
	last   time.Time // when the log told so

	untold int // notices that did not arrive, in a row
}

// breaker returns that of a hook. h.mu is held.
func (h *hooks) breaker(address string) *breaker {
	b := h.breakers[address]
	if b == nil {
		for old, b := range h.breakers {
			if len(h.breakers) >= mostBreakers && !b.probing {
				delete(h.breakers, old)
			}
		}
		b = &breaker{down: make(chan struct{})}
		h.breakers[address] = b
	}
	return b
}

// turn is the right to put one question to a hook.
type turn struct {
	address string
	asked   time.Time
	probe   bool            // it finds out whether the hook is up again
	down    <-chan struct{} // closed when the hook is found to be down meanwhile; nil for a probe
}

// mayAsk returns the turn of a question to a hook, which must end by answered,
// failed or left. If problem is not empty there is none: it says what is wrong with
// the hook.
func (h *hooks) mayAsk(address string) (t turn, problem string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	b, now := h.breaker(address), time.Now()
	t = turn{address: address, asked: now, down: b.down}
	if b.pause == 0 {
		return t, ""
	}
	if b.probing || now.Before(b.next) {
		return turn{}, b.problem
	}
	b.probing = true
	t.probe, t.down = true, nil
	return t, ""
}

// problemOf says why a hook is down.
func (h *hooks) problemOf(address string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.breaker(address).problem
}

// answered notes that a hook has answered a question.
func (h *hooks) answered(t turn) {
	h.mu.Lock()
	b := h.breaker(t.address)
	told, failed, since := b.told, b.failed, b.last
	b.failures, b.answered, b.told, b.failed = 0, time.Now(), false, 0
	b.probing = b.probing && !t.probe
	if b.pause > 0 {
		b.pause, b.down = 0, make(chan struct{})
	}
	h.mu.Unlock()
	if told {
		h.log.Info("a hook answers again", zap.String("hook", hookServer(t.address)),
			zap.Int("unanswered", failed), zap.Duration("after", time.Since(since).Round(time.Second)), logging.LimitPer(hookServer(t.address)))
	}
}

// failed notes that a hook has not answered a question. silent is true where it
// said nothing at all, so that the next one would wait as long; an error that it
// answers with may be about that one question.
func (h *hooks) failed(t turn, silent bool, problem string) {
	h.mu.Lock()
	b, now := h.breaker(t.address), time.Now()
	b.probing = b.probing && !t.probe
	if !b.answered.After(t.asked) {
		b.problem = problem
		b.failures++
		if b.failures >= mostFailures || silent {
			b.trip(now, t.probe)
		}
	}
	h.mu.Unlock()
	h.tellOfFailure(t.address, problem)
}

// trip notes that the hook is down. probed is true where that is not new.
func (b *breaker) trip(now time.Time, probed bool) {
	switch {
	case b.pause == 0:
		close(b.down)
		b.pause = shortestPause
	case probed:
		b.pause = min(2*b.pause, longestPause)
	default:
		return // it was asked before it was found to be down
	}
	b.next = now.Add(b.pause)
}

// left notes that a question was given up before the hook answered.
func (h *hooks) left(t turn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	b := h.breaker(t.address)
	b.probing = b.probing && !t.probe
}

// tellOfFailure counts a question without an answer, and logs that a hook gives
// none: once a minute at most, and with how many there were.
func (h *hooks) tellOfFailure(address, problem string) {
	h.none.Add(1)
	h.mu.Lock()
	b, now := h.breaker(address), time.Now()
	b.failed++
	failed := b.failed
	tell := now.Sub(b.last) >= tellEvery
	if tell {
		b.told, b.last, b.failed = true, now, 0
	}
	h.mu.Unlock()
	if tell {
		h.log.Error("a hook gives no answer: logins that it decides are refused with 503",
			zap.String("hook", hookServer(address)), zap.String("problem", problem), zap.Int("unanswered", failed), logging.LimitPer(hookServer(address)))
	}
}

// noticeArrived logs that a hook is told again.
func (h *hooks) noticeArrived(address string) {
	h.mu.Lock()
	b := h.breaker(address)
	lost := b.untold
	b.untold = 0
	h.mu.Unlock()
	if lost > 0 {
		h.log.Info("a hook is told again", zap.String("hook", hookServer(address)), zap.Int("lost", lost), logging.LimitPer(hookServer(address)))
	}
}

// noticeLost reports whether a notice is the first in a row that did not arrive.
func (h *hooks) noticeLost(address string) (first bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	b := h.breaker(address)
	b.untold++
	return b.untold == 1
}
