package server

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"

	"relay/conf"
	"relay/internal/clientcount"
)

// What clients without a login may have in memory, in bytes. A request costs more than
// its head: two buffers, goroutines, and the head once more as net/http reads it.
const (
	mostInHeads    = 16 << 20 // the heads that are larger than most, while they come
	mostInRequests = 32 << 20 // the requests that are being answered
	requestCost    = 24 << 10 // of a request beside its head and body
	headCopies     = 3        // of a head
	leastShare     = 1 << 20  // of a client, however few its connections may be
)

// budget is memory that is shared by all clients without a login. One client has a
// part of it, and a wider prefix half of it at most. Safe for concurrent use.
type budget struct {
	conf *conf.Live
	most int
	one  int // what one connection of a client may take, on average

	mu  sync.Mutex
	all int
	of  map[netip.Prefix]int
}

func newBudget(c *conf.Live, most, one int) *budget {
	return &budget{conf: c, most: most, one: one, of: map[netip.Prefix]int{}}
}

// errSpent says that a budget is used up: that of a prefix or, if it is zero, of all.
type errSpent struct{ by netip.Prefix }

func (e errSpent) Error() string {
	if e.by.IsValid() {
		return fmt.Sprintf("too many requests without a login are in progress from %v", e.by)
	}
	return "too many requests without a login are in progress"
}

func (e errSpent) status() int {
	if e.by.IsValid() {
		return http.StatusTooManyRequests
	}
	return http.StatusServiceUnavailable
}

// take takes n bytes for a client, or says whose budget is used up.
func (b *budget) take(from []netip.Prefix, n int) error {
	share := max(leastShare, min(b.conf.Config().Limits.ConnectionsPerIP, b.most/2/b.one)*b.one)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range from {
		if b.of[p]+n > min(clientcount.Limit(p, share), b.most/2) {
			return errSpent{p}
		}
	}
	if b.all+n > b.most {
		return errSpent{}
	}
	b.all += n
	for _, p := range from {
		b.of[p] += n
	}
	return nil
}

// give gives back what take has taken.
func (b *budget) give(from []netip.Prefix, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.all -= n
	for _, p := range from {
		if b.of[p] -= n; b.of[p] <= 0 {
			delete(b.of, p)
		}
	}
}

// charge takes n bytes of the crowd's budget for the connection. It must be counted
// for its client already, see identified.
func (g *guest) charge(n int) error {
	g.crowd.mu.Lock()
	defer g.crowd.mu.Unlock()
	return g.take(n)
}

// take is charge; the crowd's mu is held.
func (g *guest) take(n int) error {
	if g.isGone {
		return net.ErrClosed
	}
	err := g.crowd.budget.take(g.from, n)
	if err == nil {
		g.bytes += n
	}
	return err
}

// giveBack gives back what g has of the budget. c.mu is held.
func (c *crowd) giveBack(g *guest) {
	c.budget.give(g.from, g.bytes)
	g.bytes = 0
}

// admit lets a connection enter that takes n bytes of the budget. Where the budget is
// used up, connections that we have waited for for a while give way. The error says
// that there were none.
func (c *crowd) admit(conn net.Conn, from []netip.Prefix, n int) (*guest, error) {
	g := c.enter(conn, from)
	defer c.held.Write()
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		err := g.take(n)
		if err == nil {
			return g, nil
		}
		by := c.all
		if spent, ok := err.(errSpent); ok && spent.by.IsValid() {
			by = c.of[spent.by]
		}
		if g.isGone || !c.closeOldest(by, silentFor) {
			c.remove(g)
			return nil, err
		}
	}
}

// accepted says that the client has a login: it has nothing more of the budget, and
// makes room for nobody.
func (g *guest) accepted() {
	g.queue()
	g.crowd.mu.Lock()
	defer g.crowd.mu.Unlock()
	g.crowd.giveBack(g)
}
