package mounts

import (
	"sync"

	"relay/internal/clientcount"
)

// households counts the listeners of each client. Safe for concurrent use.
type households struct {
	mu    sync.Mutex
	count clientcount.Counts
}

// enter counts one more listener at an IP address and reports whether the client
// there has no more than most, and an IPv6 network of many clients no more than
// half of all, see clientcount.Limit; if there are more, it is not counted. 0 is no
// limit. What is no address has none either.
func (h *households) enter(addr string, most, all int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.count.Enter(addr, most, all/2)
}

// leave takes back what enter has counted.
func (h *households) leave(addr string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.count.Leave(addr)
}
