package api

import (
	"slices"

	"relay/internal/clientcount"
)

// guests are the followers without a login.
type guests struct {
	all   []*follower // oldest first
	count clientcount.Counts
}

// clientShare is how many of all places the guests of one client may have. Many
// people may share one address, as in a school; but one attacker may open many
// connections, too.
func clientShare(places int) int { return max(places/4, 1) }

// enter adds f, unless its client has its share of the places. A wider network of
// many clients has at most half of them.
func (g *guests) enter(f *follower, places int) bool {
	if !g.count.Enter(f.ip, clientShare(places), places/2) {
		return false
	}
	g.all = append(g.all, f)
	return true
}

// leave removes f, if it is on the list.
func (g *guests) leave(f *follower) {
	at := slices.Index(g.all, f)
	if at < 0 {
		return
	}
	g.all = slices.Delete(g.all, at, at+1)
	g.count.Leave(f.ip)
}
