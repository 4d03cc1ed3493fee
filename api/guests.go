package api

import (
	"net/netip"
	"slices"
)

// guests are the followers without a login.
type guests struct {
	all   []*follower          // who came first in front
	count map[netip.Prefix]int // of each household, see conf.HouseholdOf
}

// householdShare is how many of all places the guests of one household may have:
// a school sits behind one address, and so does whoever opens connections for
// their own sake.
func householdShare(places int) int { return max(places/4, 1) }

// enter puts f on the list.
func (g *guests) enter(f *follower) {
	g.all = append(g.all, f)
	g.count[f.household]++
}

// leave takes f off the list, if he is on it.
func (g *guests) leave(f *follower) {
	at := slices.Index(g.all, f)
	if at < 0 {
		return
	}
	g.all = slices.Delete(g.all, at, at+1)
	if g.count[f.household]--; g.count[f.household] == 0 {
		delete(g.count, f.household)
	}
}
