// Package turns lets CPU-intensive work take turns.
//
//	in:   requests for a turn, with the prefixes in which a client is counted
//	out:  turns, in the order of the requests
//
// At most half of the processors do such work, so that a flood of it does not slow down
// the streams. A client prefix has, or waits for, no more than a share of the turns:
// its other requests queue up behind its own, so that they do not delay the next
// client's.
package turns

import (
	"context"
	"net/netip"
	"runtime"
	"sync"
)

// Turns hands out the turns for one kind of work. Safe for concurrent use.
type Turns struct {
	all   places
	share int // the maximum for a prefix

	mu  sync.Mutex
	own map[netip.Prefix]*ownPlaces // of prefixes that have a turn or wait for one
}

type ownPlaces struct {
	places places
	users  int // requests that have a turn or wait
}

// places holds a value for each place taken. The longest waiting request is next.
type places chan struct{}

// New returns turns of which atOnce may be taken at once.
func New(atOnce int) *Turns {
	return &Turns{all: make(places, atOnce), share: max(1, atOnce/2), own: map[netip.Prefix]*ownPlaces{}}
}

// HalfOfProcessors returns the number of turns that leaves half of the processors to
// the streams.
func HalfOfProcessors() int { return max(1, runtime.GOMAXPROCS(0)/2) }

// Take waits for a turn, until ctx ends. from are the prefixes of a client, the
// narrowest first; without any, only the total number of turns counts. done ends the
// turn; it is nil if there was none.
func (t *Turns) Take(ctx context.Context, from []netip.Prefix) (done func()) {
	var taken []places
	back := func() {
		for _, p := range taken {
			<-p
		}
		t.leave(from)
	}
	for _, p := range append(t.enter(from), t.all) {
		select {
		case p <- struct{}{}:
			taken = append(taken, p)
		case <-ctx.Done():
			back()
			return nil
		}
	}
	return back
}

// enter returns the places of each prefix.
func (t *Turns) enter(from []netip.Prefix) []places {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]places, 0, len(from)+1)
	for _, prefix := range from {
		own := t.own[prefix]
		if own == nil {
			own = &ownPlaces{places: make(places, t.share)}
			t.own[prefix] = own
		}
		own.users++
		list = append(list, own.places)
	}
	return list
}

func (t *Turns) leave(from []netip.Prefix) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, prefix := range from {
		own := t.own[prefix]
		if own.users--; own.users == 0 {
			delete(t.own, prefix)
		}
	}
}
