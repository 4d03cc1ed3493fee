package mounts

import (
	"hash/maphash"
	"net/netip"
	"time"
)

// uniqueCounter counts listeners as they come and go: statistics that everybody can
// request must not look at each listener. Guarded by Audience.mu.
type uniqueCounter struct {
	people map[uint64]int32 // number of listeners of each, of those that count, by hash: a person takes five times the memory
	came   int64            // sum of the times at which they came to the server, in Unix milliseconds
}

// person is what unique listeners are distinguished by.
type person struct {
	addr  netip.Addr
	agent string
}

// seed makes hashes of people unpredictable.
var seed = maphash.MakeSeed()

func (c *uniqueCounter) know(who person) { c.people[maphash.Comparable(seed, who)]++ }

func (c *uniqueCounter) forget(who person) {
	key := maphash.Comparable(seed, who)
	if c.people[key]--; c.people[key] == 0 {
		delete(c.people, key)
	}
}

// Unique returns the number of listeners that differ in address or program, of those
// that count, and the average time for which they have listened.
func (a *Audience) Unique() (unique int, average time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.visitors == 0 {
		return 0, 0
	}
	a.settleCount(time.Now())
	mean := time.UnixMilli(a.unique.came / int64(a.visitors))
	return len(a.unique.people), time.Since(mean)
}
