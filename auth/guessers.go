package auth

import (
	"container/list"
	"maps"
	"net/netip"
	"slices"
	"time"

	"relay/conf"
)

// A rank is how much would be lost if a client were forgotten.
type rank int

const (
	harmless rank = iota // nothing
	trusted              // which logins are right there
	bad                  // that it guessed not long ago, or that logins of it are under way
	ranks
)

// usage holds all clients by rank, those seen the longest time ago in front.
type usage struct{ lists [ranks]list.List }

// place is where a client is in a usage.
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

// put puts a client behind all others of a rank.
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

// first returns the client of a rank that was seen the longest time ago, or nil.
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

// of returns what is known of a client. t.mu is held.
func (t *throttle) of(from netip.Prefix) *guesser {
	if g := t.addresses[from]; g != nil {
		return g
	}
	if len(t.addresses) >= mostGuessers && !t.makeRoom() {
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

// put notes that a client has been seen. t.mu is held.
func (t *throttle) put(g *guesser) { t.byUse.put(g, g.rank(t.now())) }

// makeRoom forgets the client of which least is lost, and reports whether there
// was one that may be forgotten. t.mu is held.
func (t *throttle) makeRoom() bool {
	for now := t.now(); ; {
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

// rangeBudgets returns the budgets of the ranges around an IP address, the narrowest
// first. t.mu is held.
func (t *throttle) rangeBudgets(ip string) (budgets []*budget) {
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

// rangeBudget returns the budget of a range, or nil if nothing is known of it.
// t.mu is held.
func (t *throttle) rangeBudget(from netip.Prefix) *budget {
	if b := t.ranges[from]; b != nil {
		return b
	}
	return t.ranges[elsewhere(from)]
}

// elsewhere is the range that stands for all those of a size that have no place.
// Nothing comes from there.
func elsewhere(from netip.Prefix) netip.Prefix {
	return netip.PrefixFrom(netip.IPv6Unspecified(), from.Bits())
}

// roomFor returns the place of a new range, which is one for all when too many are
// known. t.mu is held.
func (t *throttle) roomFor(from netip.Prefix) netip.Prefix {
	if len(t.ranges) < mostRanges {
		return from
	}
	now := t.now()
	maps.DeleteFunc(t.ranges, func(_ netip.Prefix, b *budget) bool { return b.idle(now) })
	if len(t.ranges) < mostRanges {
		return from
	}
	return elsewhere(from)
}

// tidyRanges forgets the ranges around an IP address from which nobody guessed of
// late. t.mu is held.
func (t *throttle) tidyRanges(ip string) {
	for _, from := range widerRanges(ip) {
		if b := t.ranges[from]; b != nil && b.idle(t.now()) {
			delete(t.ranges, from)
		}
	}
}

// widerRanges returns the ranges around an IP address that are wider than one
// client, the narrowest first.
func widerRanges(ip string) []netip.Prefix {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return nil
	}
	return conf.ClientPrefixes(addr)[1:]
}

// whoIsSlowed names the widest range around an IP address whose logins are not
// looked at now, for the log.
func (t *throttle) whoIsSlowed(ip string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if t.server.shut(now) > 0 {
		return "everywhere"
	}
	for _, from := range slices.Backward(widerRanges(ip)) {
		if b := t.rangeBudget(from); b != nil && b.shut(now) > 0 {
			return from.String()
		}
	}
	return household(ip).String()
}
