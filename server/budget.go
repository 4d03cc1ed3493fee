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

// The memory that clients without a login may use, in bytes. A request costs more than
// its head: two buffers, goroutines, and a second copy of the head, which net/http
// reads.
const (
	maxInHeads    = 16 << 20 // for heads that are larger than usual, while they are read
	maxInRequests = 32 << 20 // for requests that are being answered
	requestCost   = 24 << 10 // one request, beside its head and body
	headCopies    = 3        // copies of each head
	leastShare    = 1 << 20  // the least share of a client, even if it may have few connections
)

// budget is the memory that all clients without a login share. One client may use a
// part of it, and a wider prefix at most half of it. Safe for concurrent use.
type budget struct {
	conf *conf.Live
	most int
	one  int // bytes for one connection of a client, on average

	mu  sync.Mutex
	all int
	of  map[netip.Prefix]int
}

func newBudget(c *conf.Live, most, one int) *budget {
	return &budget{conf: c, most: most, one: one, of: map[netip.Prefix]int{}}
}

// errSpent means that a budget is used up: that of the prefix or, if the prefix is
// zero, that of all clients.
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

// take takes n bytes for a client. It returns an errSpent, and takes nothing, if the
// budget of one of the prefixes or of all clients is used up.
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

// give returns n bytes that take has taken.
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

// charge takes n bytes of the limiter's budget for the connection. The error is an
// errSpent, or net.ErrClosed after the connection has left. The connection must already
// be counted for its client, see identified.
func (g *countedConn) charge(n int) error {
	g.limiter.mu.Lock()
	defer g.limiter.mu.Unlock()
	return g.take(n)
}

// take is charge for a caller that holds the limiter's mu.
func (g *countedConn) take(n int) error {
	if g.isGone {
		return net.ErrClosed
	}
	err := g.limiter.budget.take(g.from, n)
	if err == nil {
		g.bytes += n
	}
	return err
}

// giveBack returns what g has taken from the budget. The caller holds c.mu.
func (c *connLimiter) giveBack(g *countedConn) {
	c.budget.give(g.from, g.bytes)
	g.bytes = 0
}

// admit adds a connection and takes n bytes of the budget for it. If the budget is used
// up, admit closes connections that have been silent for silentFor, the oldest first.
// If there are none left, it returns an errSpent; if conn itself was closed, it returns
// net.ErrClosed. The caller must call leave.
func (c *connLimiter) admit(conn net.Conn, from []netip.Prefix, n int) (*countedConn, error) {
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

// again notes that the server waits for the client's next request. The connection returns
// its share of the budget.
func (g *countedConn) again() {
	g.unqueue()
	g.limiter.mu.Lock()
	defer g.limiter.mu.Unlock()
	g.limiter.giveBack(g)
}

// accepted notes that the client's login is accepted. The connection returns its share
// of the budget, and no longer counts as silent.
func (g *countedConn) accepted() {
	g.queue()
	g.limiter.mu.Lock()
	defer g.limiter.mu.Unlock()
	g.limiter.giveBack(g)
}
