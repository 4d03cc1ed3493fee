package mounts

import (
	"maps"
	"slices"
	"sync"
)

// Changes tells one reader which mounts have changed: come or gone, got
// another input or title, or learnt something of either. How many listen is no
// change. Nobody who changes a mount waits for the reader.
type Changes struct {
	following *following
	signal    chan struct{}
	changed   map[string]struct{} // guarded by following.mu
}

// following is everyone who reads Changes. Its lock is below those of Registry
// and Mount: whoever holds it takes no other.
type following struct {
	mu  sync.Mutex
	all map[*Changes]struct{}
}

// Follow returns the changes from here on. Stop must be called on them.
func (r *Registry) Follow() *Changes {
	f := &r.following
	f.mu.Lock()
	defer f.mu.Unlock()
	c := &Changes{following: f, signal: make(chan struct{}, 1), changed: map[string]struct{}{}}
	if f.all == nil {
		f.all = map[*Changes]struct{}{}
	}
	f.all[c] = struct{}{}
	return c
}

// Signal gets a value when there is something to Take.
func (c *Changes) Signal() <-chan struct{} { return c.signal }

// Take returns the names of the mounts that have changed since it was last
// called. One that is not in the registry any more has ended.
func (c *Changes) Take() []string {
	c.following.mu.Lock()
	defer c.following.mu.Unlock()
	names := slices.Sorted(maps.Keys(c.changed))
	clear(c.changed)
	return names
}

// Stop ends the changes.
func (c *Changes) Stop() {
	c.following.mu.Lock()
	defer c.following.mu.Unlock()
	delete(c.following.all, c)
}

// tell notes that a mount has changed. Any lock may be held but its own.
func (f *following) tell(mount string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.all {
		c.changed[mount] = struct{}{}
		select {
		case c.signal <- struct{}{}:
		default:
		}
	}
}
