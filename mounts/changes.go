package mounts

import (
	"maps"
	"slices"
	"sync"
)

// Changes tells one reader which mounts have changed: they came or went, got another
// input or title, or other facts about these changed. The number of listeners is not
// included. A change never waits for the reader.
type Changes struct {
	subscribers *subscribers
	signal      chan struct{}
	changed     map[string]struct{} // guarded by subscribers.mu
}

// subscribers is the set of all Changes. Its lock comes after those of Registry and
// Mount: its holder takes no other lock.
type subscribers struct {
	mu  sync.Mutex
	all map[*Changes]struct{}
}

// Subscribe returns the changes from now on. The caller must call Stop.
func (r *Registry) Subscribe() *Changes {
	s := &r.subscribers
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &Changes{subscribers: s, signal: make(chan struct{}, 1), changed: map[string]struct{}{}}
	if s.all == nil {
		s.all = map[*Changes]struct{}{}
	}
	s.all[c] = struct{}{}
	return c
}

// Signal returns a channel that receives a value when there is something to Take.
func (c *Changes) Signal() <-chan struct{} { return c.signal }

// Take returns the names of the mounts that have changed since its last call. A mount
// that is no longer in the registry has ended.
func (c *Changes) Take() []string {
	c.subscribers.mu.Lock()
	defer c.subscribers.mu.Unlock()
	names := slices.Sorted(maps.Keys(c.changed))
	clear(c.changed)
	return names
}

// Stop ends the changes.
func (c *Changes) Stop() {
	c.subscribers.mu.Lock()
	defer c.subscribers.mu.Unlock()
	delete(c.subscribers.all, c)
}

// tell notes that a mount has changed. The caller may hold any lock but s's own.
func (s *subscribers) tell(mount string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.all {
		c.changed[mount] = struct{}{}
		select {
		case c.signal <- struct{}{}:
		default:
		}
	}
}
