package mounts

import (
	"net/netip"
	"sync"

	"relay/internal/clientcount"
)

// clientLimiter counts the listeners of each client. Safe for concurrent use.
type clientLimiter struct {
	mu    sync.Mutex
	count clientcount.Counts
}

// enter counts one more listener at an IP address and reports true, or reports false
// and counts nothing if the client already has most, or an IPv6 network of many clients
// half of all, see clientcount.Limit. 0 means no limit. The zero Addr has no limit.
func (h *clientLimiter) enter(addr netip.Addr, most, all int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.count.Enter(addr, most, all/2)
}

// leave undoes one enter that reported true.
func (h *clientLimiter) leave(addr netip.Addr) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.count.Leave(addr)
}
