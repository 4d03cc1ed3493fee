package auth

import (
	"context"
	"net/netip"
	"runtime"
	"sync"
	"time"
)

const hashingTimeout = 5 * time.Second // to wait for a turn

// hashers is how many passwords are hashed at once: not so many that a flood of
// logins takes the processors away from the streams.
func hashers() int { return max(1, runtime.GOMAXPROCS(0)/2) }

// hashing lets passwords be hashed in turn, which is slow by intent. A household
// has, or waits for, no more than its share of the turns: its other logins wait
// behind their own, so however many they are, those of the next household are not
// far from their turn. Safe for concurrent use.
type hashing struct {
	all   turns
	share int // of a household

	mu         sync.Mutex
	households map[netip.Prefix]*shareOfTurns // those that hash or wait
}

type shareOfTurns struct {
	turns  turns
	logins int // that hash or wait
}

// turns has one value for each turn that is taken. Who waits longest is next.
type turns chan struct{}

func newHashing(atOnce int) *hashing {
	return &hashing{
		all:        make(turns, atOnce),
		share:      max(1, atOnce/2),
		households: map[netip.Prefix]*shareOfTurns{},
	}
}

// inTurn calls hash for a household in its turn. It is false when that has not
// come in time.
func (h *hashing) inTurn(ctx context.Context, from netip.Prefix, hash func()) bool {
	ctx, cancel := context.WithTimeout(ctx, hashingTimeout)
	defer cancel()
	own := h.enter(from)
	defer h.leave(from)
	came := false
	own.inTurn(ctx, func() {
		h.all.inTurn(ctx, func() {
			came = true
			hash()
		})
	})
	return came
}

func (t turns) inTurn(ctx context.Context, do func()) {
	select {
	case t <- struct{}{}:
		defer func() { <-t }()
		do()
	case <-ctx.Done():
	}
}

func (h *hashing) enter(from netip.Prefix) turns {
	h.mu.Lock()
	defer h.mu.Unlock()
	own := h.households[from]
	if own == nil {
		own = &shareOfTurns{turns: make(turns, h.share)}
		h.households[from] = own
	}
	own.logins++
	return own.turns
}

func (h *hashing) leave(from netip.Prefix) {
	h.mu.Lock()
	defer h.mu.Unlock()
	own := h.households[from]
	if own.logins--; own.logins == 0 {
		delete(h.households, from)
	}
}
