package auth

import (
	"context"
	"net/netip"
	"time"

	"relay/conf"
	"relay/internal/turns"
)

const hashingTimeout = 5 * time.Second // to wait for a turn

// hashing lets passwords be hashed in turn, which is slow by intent. Safe for
// concurrent use.
type hashing struct {
	turns  *turns.Turns
	atOnce int
}

func newHashing(atOnce int) *hashing {
	return &hashing{turns: turns.New(atOnce), atOnce: atOnce}
}

// inTurn calls hash for a client at an IP address in its turn. It is false when that
// has not come in time.
func (h *hashing) inTurn(ctx context.Context, ip string, hash func()) bool {
	ctx, cancel := context.WithTimeout(ctx, hashingTimeout)
	defer cancel()
	var from []netip.Prefix
	if addr, err := netip.ParseAddr(ip); err == nil {
		from = conf.ClientPrefixes(addr)
	}
	done := h.turns.Take(ctx, from)
	if done == nil {
		return false
	}
	defer done()
	hash()
	return true
}
