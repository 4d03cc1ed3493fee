// Package turns lets work that takes a processor for long be done in turn.
//
//	in:   who wants a turn, by the prefixes that its address is counted in
//	out:  a turn, in the order in which they were asked for
//
// Half of the processors work at most, so that a flood of such work does not take
// them away from the streams. A client prefix has, or waits for, no more than a
// share of the turns: its other work waits behind its own, so however much that is,
// the work of the next client is not far from its turn.
package turns

import (
	"context"
	"net/netip"
	"runtime"
	"sync"
)

// Turns are those of one kind of work. Safe for concurrent use.
type Turns struct {
	all   places
	share int // of a prefix

	mu  sync.Mutex
	own map[netip.Prefix]*ownPlaces // of those that have a turn or wait for one
}

type ownPlaces struct {
	places places
	users  int // that have a turn or wait
}

// places has one value for each place that is taken. Who waits longest is next.
type places chan struct{}

// New returns turns of which so many are taken at once.
func New(atOnce int) *Turns {
	return &Turns{all: make(places, atOnce), share: max(1, atOnce/2), own: map[netip.Prefix]*ownPlaces{}}
}

// HalfOfProcessors is how many turns leave the other half to the streams.
func HalfOfProcessors() int { return max(1, runtime.GOMAXPROCS(0)/2) }

// Take waits for a turn, until ctx ends. from are the prefixes of a client, the
// narrowest first; none means that only the number of all turns counts. done ends
// the turn; it is nil when there was none.
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
