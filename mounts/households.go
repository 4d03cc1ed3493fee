package mounts

import (
	"net/netip"
	"sync"

	"relay/conf"
)

// households counts the listeners of each client address, see
// conf.HouseholdOf. Safe for concurrent use.
type households struct {
	mu    sync.Mutex
	count map[netip.Prefix]int
}

// enter counts one more listener at an address and reports whether there are
// no more than most; if there are, he is not counted. 0 is no limit. What is
// no address has none either.
func (h *households) enter(addr string, most int) bool {
	from, ok := conf.HouseholdOf(addr)
	if !ok {
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if most > 0 && h.count[from] >= most {
		return false
	}
	if h.count == nil {
		h.count = map[netip.Prefix]int{}
	}
	h.count[from]++
	return true
}

// leave takes back what enter has counted.
func (h *households) leave(addr string) {
	from, ok := conf.HouseholdOf(addr)
	if !ok {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.count[from]--; h.count[from] <= 0 {
		delete(h.count, from)
	}
}
