package hooks

import (
	"time"

	"go.uber.org/zap"

	"relay/internal/logging"
)

// Limits for a hook that gives no answers.
const (
	maxFailures   = 3               // in a row that a hook may answer with an error; silence trips it at once
	shortestPause = time.Second     // until a hook that is down is asked again; twice as long each time,
	maxPause      = 5 * time.Second // up to this
	tellEvery     = time.Minute     // between two lines of the log about a hook that gives no answers
	maxBreakers   = 1000            // hooks that are remembered; it takes as many reloads to have more
)

// breaker remembers whether a hook answers. While it does not, nobody waits for it: after
// a pause one question at a time is put to it, and all others are refused at once. Guarded
// by Hooks.mu.
type breaker struct {
	failures int // in a row
	answered time.Time
	problem  string // of the last failure

	down    chan struct{} // closed while the hook is down
	pause   time.Duration // 0 if the hook is not down
	next    time.Time     // when it may be asked again
	probing bool          // the question that finds out whether it is still down is under way

	failed int       // questions without an answer since the last line of the log
	told   bool      // the log says that there are some
	last   time.Time // when it last did

	untold int // notices that did not arrive, in a row
}

// breaker returns the breaker of a hook. h.mu is held.
func (h *Hooks) breaker(address string) *breaker {
	b := h.breakers[address]
	if b == nil {
		for old, b := range h.breakers {
			if len(h.breakers) >= maxBreakers && !b.probing {
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
	probe   bool            // the question finds out whether the hook is up again
	down    <-chan struct{} // closed when the hook is found to be down; nil for a probe
}

// mayAsk returns the turn of a question to a hook. The caller must end it by answered,
// failed or left. If problem is not empty there is no turn, and problem says what is wrong
// with the hook.
func (h *Hooks) mayAsk(address string) (t turn, problem string) {
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

// problemOf returns why a hook is down.
func (h *Hooks) problemOf(address string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.breaker(address).problem
}

// answered notes that a hook has answered a question.
func (h *Hooks) answered(t turn) {
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

// failed notes that a hook has not answered a question. silent is true if it said nothing
// at all, so that the next question would wait as long. An error that it answered may be
// about that one question only.
func (h *Hooks) failed(t turn, silent bool, problem string) {
	h.mu.Lock()
	b, now := h.breaker(t.address), time.Now()
	b.probing = b.probing && !t.probe
	if !b.answered.After(t.asked) {
		b.problem = problem
		b.failures++
		if b.failures >= maxFailures || silent {
			b.trip(now, t.probe)
		}
	}
	h.mu.Unlock()
	h.tellOfFailure(t.address, problem)
}

// trip notes that the hook is down. probed is true if a probe has found that it still is.
func (b *breaker) trip(now time.Time, probed bool) {
	switch {
	case b.pause == 0:
		close(b.down)
		b.pause = shortestPause
	case probed:
		b.pause = min(2*b.pause, maxPause)
	default:
		return // the question was put before the hook was found to be down
	}
	b.next = now.Add(b.pause)
}

// left notes that a question was given up before the hook answered.
func (h *Hooks) left(t turn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	b := h.breaker(t.address)
	b.probing = b.probing && !t.probe
}

// tellOfFailure counts a question without an answer and logs that a hook gives none: at
// most once a minute, with their number.
func (h *Hooks) tellOfFailure(address, problem string) {
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
		h.log.Error("a hook does not answer: the logins that it decides are refused with 503",
			zap.String("hook", hookServer(address)), zap.String("problem", problem), zap.Int("unanswered", failed), logging.LimitPer(hookServer(address)))
	}
}

// noticeArrived notes that a notice has arrived, and logs it if earlier ones did not.
func (h *Hooks) noticeArrived(address string) {
	h.mu.Lock()
	b := h.breaker(address)
	lost := b.untold
	b.untold = 0
	h.mu.Unlock()
	if lost > 0 {
		h.log.Info("a hook is notified again", zap.String("hook", hookServer(address)), zap.Int("lost", lost), logging.LimitPer(hookServer(address)))
	}
}

// noticeLost reports whether a notice is the first in a row that did not arrive.
func (h *Hooks) noticeLost(address string) (first bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	b := h.breaker(address)
	b.untold++
	return b.untold == 1
}
