package api

import (
	"slices"

	"relay/internal/clientcount"
)

// guests are the followers without a login.
type guests struct {
	all   []*follower // who came first in front
	count clientcount.Counts
}

// householdShare is how many of all places the guests of one household may have:
// a school sits behind one address, and so does whoever opens connections for
// their own sake.
func householdShare(places int) int { return max(places/4, 1) }

// enter puts f on the list, unless its client has its share of so many places. A
// wider network of many clients has half of them at most.
func (g *guests) enter(f *follower, places int) bool {
	if !g.count.Enter(f.ip, householdShare(places), places/2) {
		return false
	}
	g.all = append(g.all, f)
	return true
}

// leave takes f off the list, if he is on it.
func (g *guests) leave(f *follower) {
	at := slices.Index(g.all, f)
	if at < 0 {
		return
	}
	g.all = slices.Delete(g.all, at, at+1)
	g.count.Leave(f.ip)
}
