package htpasswd

import (
	"context"
	"net/netip"
	"time"

	"relay/conf"
	"relay/internal/turns"
)

// TurnTimeout is how long a password waits for its turn to be hashed.
const TurnTimeout = 5 * time.Second

// Hashing compares passwords with hashes, which is slow on purpose: each comparison
// takes a turn, and a pair that did not match is not compared again. All files and all
// logins of a server share one. Safe for concurrent use.
type Hashing struct {
	turns    *turns.Turns
	rejected Rejected
}

// Rejected remembers pairs of a password and a hash that do not match, for the IP address
// that each came from.
type Rejected interface {
	IsRejected(ip netip.Addr, pair string) bool
	Reject(ip netip.Addr, pair string)
}

// NewHashing returns a Hashing that takes turns of t.
func NewHashing(t *turns.Turns, rejected Rejected) *Hashing {
	return &Hashing{turns: t, rejected: rejected}
}

// Match reports whether a password from an IP address matches a hash, by calling try in
// its turn. looked is false if the turn did not come within TurnTimeout or before ctx
// ended. pair stands for the password and the hash, and must differ when either does. A
// program that repeats a wrong login takes no turns.
func (h *Hashing) Match(ctx context.Context, ip netip.Addr, pair string, try func() bool) (right, looked bool) {
	if h.rejected.IsRejected(ip, pair) {
		return false, true
	}
	looked = h.inTurn(ctx, ip, func() { right = try() })
	if looked && !right {
		h.rejected.Reject(ip, pair)
	}
	return right, looked
}

// inTurn calls hash in the turn of the client at an IP address. It returns false if the
// turn did not come in time.
func (h *Hashing) inTurn(ctx context.Context, ip netip.Addr, hash func()) bool {
	ctx, cancel := context.WithTimeout(ctx, TurnTimeout)
	defer cancel()
	done := h.turns.Take(ctx, conf.ClientPrefixes(ip))
	if done == nil {
		return false
	}
	defer done()
	hash()
	return true
}
