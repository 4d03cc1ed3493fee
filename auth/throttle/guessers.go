package throttle

import (
	"container/list"
	"maps"
	"net/netip"
	"slices"
	"time"

	"relay/conf"
)

// A rank says how much would be lost if a client were forgotten.
type rank int

const (
	harmless rank = iota // nothing
	trusted              // the logins that are right there
	bad                  // recent guesses, or logins under way
	ranks
)

// usage holds all clients by rank. In each list, those unseen for longest are in front.
type usage struct{ lists [ranks]list.List }

// place is the place of a client in a usage.
type place struct {
	rank    rank
	element *list.Element
}

// Len returns how many clients there are.
func (u *usage) Len() (n int) {
	for i := range u.lists {
		n += u.lists[i].Len()
	}
	return n
}

// put moves a client behind all others of a rank.
func (u *usage) put(g *guesser, r rank) {
	if g.place.element != nil && g.place.rank == r {
		u.lists[r].MoveToBack(g.place.element)
		return
	}
	u.remove(g)
	g.place = place{r, u.lists[r].PushBack(g)}
}

func (u *usage) remove(g *guesser) {
	if g.place.element != nil {
		u.lists[g.place.rank].Remove(g.place.element)
		g.place = place{}
	}
}

// first returns the client of a rank that was unseen for longest, or nil.
func (u *usage) first(r rank) *guesser {
	if front := u.lists[r].Front(); front != nil {
		return front.Value.(*guesser)
	}
	return nil
}

func (g *guesser) rank(now time.Time) rank {
	g.forget(now)
	switch {
	case g.guesses > 0 || g.looks > 0 || g.held > 0:
		return bad
	case len(g.known) > 0:
		return trusted
	}
	return harmless
}

// of returns the state of a client. t.mu is held.
func (t *Throttle) of(from netip.Prefix) *guesser {
	if g := t.addresses[from]; g != nil {
		return g
	}
	if len(t.addresses) >= maxGuessers && !t.makeRoom() {
		from = netip.Prefix{}
		if g := t.addresses[from]; g != nil {
			return g
		}
	}
	g := &guesser{from: from, change: make(chan struct{}), repeats: newRepeatBudget()}
	t.addresses[from] = g
	t.put(g)
	return g
}

// put notes that a client was seen. t.mu is held.
func (t *Throttle) put(g *guesser) { t.byUse.put(g, g.rank(t.Now())) }

// makeRoom forgets the client that is the smallest loss. It reports whether there is one
// that may be forgotten. t.mu is held.
func (t *Throttle) makeRoom() bool {
	for now := t.Now(); ; {
		oldest := t.byUse.first(bad)
		if oldest == nil || oldest.rank(now) == bad {
			break
		}
		t.put(oldest)
	}
	for r := range bad {
		if g := t.byUse.first(r); g != nil {
			t.byUse.remove(g)
			delete(t.addresses, g.from)
			return true
		}
	}
	return false
}

// rangeBudgets returns the budgets of the ranges around an IP address, the narrowest range
// first. t.mu is held.
func (t *Throttle) rangeBudgets(ip netip.Addr) (budgets []*budget) {
	for _, from := range widerRanges(ip) {
		b := t.rangeBudget(from)
		if b == nil {
			b = newRangeBudget(from.Bits())
			t.ranges[t.roomFor(from)] = b
		}
		budgets = append(budgets, b)
	}
	return budgets
}

// rangeBudget returns the budget of a range, or nil if it has none. t.mu is held.
func (t *Throttle) rangeBudget(from netip.Prefix) *budget {
	if b := t.ranges[from]; b != nil {
		return b
	}
	return t.ranges[elsewhere(from)]
}

// elsewhere returns the range that stands for all ranges of a size that have no budget of
// their own. No client comes from it.
func elsewhere(from netip.Prefix) netip.Prefix {
	return netip.PrefixFrom(netip.IPv6Unspecified(), from.Bits())
}

// roomFor returns the key of a new range's budget. If there are too many budgets, the
// range shares one. t.mu is held.
func (t *Throttle) roomFor(from netip.Prefix) netip.Prefix {
	if len(t.ranges) < maxRanges {
		return from
	}
	now := t.Now()
	maps.DeleteFunc(t.ranges, func(_ netip.Prefix, b *budget) bool { return b.idle(now) })
	if len(t.ranges) < maxRanges {
		return from
	}
	return elsewhere(from)
}

// tidyRanges forgets the budgets around an IP address that are idle. t.mu is held.
func (t *Throttle) tidyRanges(ip netip.Addr) {
	for _, from := range widerRanges(ip) {
		if b := t.ranges[from]; b != nil && b.idle(t.Now()) {
			delete(t.ranges, from)
		}
	}
}

// widerRanges returns the ranges around an IP address that are wider than one client, the
// narrowest first.
func widerRanges(ip netip.Addr) []netip.Prefix {
	if !ip.IsValid() {
		return nil
	}
	return conf.ClientPrefixes(ip)[1:]
}

// WhoIsSlowed returns the widest range around an IP address whose logins are not checked
// now, in words for the log.
func (t *Throttle) WhoIsSlowed(ip netip.Addr) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.Now()
	if t.server.shut(now) > 0 {
		return "everywhere"
	}
	for _, from := range slices.Backward(widerRanges(ip)) {
		if b := t.rangeBudget(from); b != nil && b.shut(now) > 0 {
			return from.String()
		}
	}
	return conf.ClientPrefix(ip).String()
}
