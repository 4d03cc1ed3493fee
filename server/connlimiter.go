package server

import (
	"container/list"
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/internal/clientcount"
	"relay/internal/logging"
	"relay/internal/netconn"
)

const (
	// silentFor is how long a connection must have been silent before it may be closed.
	// Without it, many clients that connect at once would be taken for clients that say
	// nothing.
	silentFor = 2 * time.Second
	// tolerance is the factor by which connections may exceed a limit while none has
	// been silent for silentFor.
	tolerance = 2
	// candidates is the maximum number of the earliest connections from which early
	// chooses one.
	candidates = 512
)

// connLimiter limits connections before a login. Each costs a descriptor and memory,
// and a client can open any number of them that never say anything, never finish a
// request or never read the answer. Above a limit, the limiter closes the connection
// that has been silent longest, but none that has just arrived. Far above a limit, it
// closes any of the earliest connections, so that a flood hardly affects a connection
// that is served at once. Safe for concurrent use.
type connLimiter struct {
	conf   *conf.Live
	log    *zap.Logger
	now    func() time.Time
	most   func(*conf.Limits) int // the limit for all connections; 0: no limit
	why    string                 // log message after connections were closed
	budget *budget

	mu   sync.Mutex
	all  *group
	of   map[netip.Prefix]*group // by client
	held logging.Held            // log lines that are written after mu is released
}

// group is the connections of one client, or all connections.
type group struct {
	prefix netip.Prefix // zero: all connections
	silent *list.List   // of *countedConn: the server waits for the client; the oldest in front
	queued *list.List   // of *countedConn: the client waits for the server
}

func newGroup(prefix netip.Prefix) *group {
	return &group{prefix: prefix, silent: list.New(), queued: list.New()}
}

func (g *group) len() int { return g.silent.Len() + g.queued.Len() }

// countedConn is a connection that a connLimiter counts.
type countedConn struct {
	limiter *connLimiter
	socket  net.Conn
	here    context.Context // cancelled when the connection leaves or the limiter closes it
	end     context.CancelFunc

	// Guarded by the limiter's mu.
	since    time.Time // when the connection joined the list, silent or queued, in which it is
	isQueued bool
	isGone   bool
	in       []membership
	bytes    int            // taken from the budget
	from     []netip.Prefix // prefixes under which it is counted; none: a proxy's
}

// membership is a connection's place in a group.
type membership struct {
	*group
	element *list.Element
}

// newPending returns the limiter of connections whose head is incomplete.
func newPending(c *conf.Live, log *zap.Logger, heads *budget) *connLimiter {
	return newConnLimiter(c, log, heads, func(l *conf.Limits) int { return l.Connections },
		"connections that said nothing were closed: there are too many of them")
}

// newAnswered returns the limiter of connections whose request is being answered and
// whose login, if it has one, is not accepted yet.
func newAnswered(c *conf.Live, log *zap.Logger, requests *budget) *connLimiter {
	return newConnLimiter(c, log, requests, func(*conf.Limits) int { return 0 },
		"requests were broken off: too many are being answered")
}

func newConnLimiter(c *conf.Live, log *zap.Logger, budget *budget, most func(*conf.Limits) int, why string) *connLimiter {
	return &connLimiter{
		conf: c, log: log, now: time.Now, most: most, why: why, budget: budget,
		all: newGroup(netip.Prefix{}), of: map[netip.Prefix]*group{},
	}
}

// enter adds a connection. If there are too many, it closes others, or this one: then
// countedConn.here is cancelled. The caller must call leave when the limiter no longer
// applies to the connection.
func (c *connLimiter) enter(conn net.Conn, from []netip.Prefix) *countedConn {
	limits := &c.conf.Config().Limits
	defer c.held.Write()
	c.mu.Lock()
	defer c.mu.Unlock()
	g := &countedConn{limiter: c, socket: netconn.Below(conn), since: c.now()}
	g.here, g.end = context.WithCancel(context.Background())
	c.join(g, c.all)
	c.identify(g, from, limits)
	c.trim(c.all, c.most(limits))
	return g
}

// identified counts the connection for a client whose address has become known after
// enter.
func (g *countedConn) identified(from []netip.Prefix) {
	c := g.limiter
	limits := &c.conf.Config().Limits
	defer c.held.Write()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !g.isGone && len(g.from) == 0 {
		c.identify(g, from, limits)
	}
}

// identify counts g for a client. The caller holds c.mu.
func (c *connLimiter) identify(g *countedConn, from []netip.Prefix, limits *conf.Limits) {
	g.from = from
	for _, prefix := range from {
		own := c.of[prefix]
		if own == nil {
			own = newGroup(prefix)
			c.of[prefix] = own
		}
		c.join(g, own)
	}
	for _, prefix := range from {
		if own := c.of[prefix]; own != nil { // nil: trimming the previous prefix has closed all of them
			most := clientcount.Limit(prefix, limits.ConnectionsPerIP)
			if all := c.most(limits); all > 0 && prefix != from[0] {
				most = max(limits.ConnectionsPerIP, min(most, all/2))
			}
			c.trim(own, most)
		}
	}
}

// join adds g to the end of a group. The caller holds c.mu.
func (c *connLimiter) join(g *countedConn, in *group) {
	to := in.silent
	if g.isQueued {
		to = in.queued
	}
	g.in = append(g.in, membership{in, to.PushBack(g)})
}

// queue notes that the client now waits for the server, until unqueue.
func (g *countedConn) queue() { g.move(true) }

// unqueue notes that the server waits for the client again.
func (g *countedConn) unqueue() { g.move(false) }

func (g *countedConn) move(queued bool) {
	c := g.limiter
	c.mu.Lock()
	defer c.mu.Unlock()
	if g.isGone || g.isQueued == queued {
		return
	}
	g.isQueued, g.since = queued, c.now()
	for i, m := range g.in {
		from, to := m.queued, m.silent
		if queued {
			from, to = to, from
		}
		from.Remove(m.element)
		g.in[i].element = to.PushBack(g)
	}
}

// client returns the prefixes under which the connection is counted.
func (g *countedConn) client() []netip.Prefix {
	g.limiter.mu.Lock()
	defer g.limiter.mu.Unlock()
	return g.from
}

// leave removes the connection from the limiter. Further calls have no effect.
func (g *countedConn) leave() {
	g.limiter.mu.Lock()
	defer g.limiter.mu.Unlock()
	g.limiter.remove(g)
}

// remove is leave for a caller that holds c.mu.
func (c *connLimiter) remove(g *countedConn) {
	if g.isGone {
		return
	}
	g.isGone = true
	g.end()
	for _, m := range g.in {
		if g.isQueued {
			m.queued.Remove(m.element)
		} else {
			m.silent.Remove(m.element)
		}
		if m.group != c.all && m.len() == 0 {
			delete(c.of, m.prefix)
		}
	}
	c.giveBack(g)
}

// trim closes connections of a group above the limit most, in the order that
// connLimiter describes. 0 means no limit. The caller holds c.mu.
func (c *connLimiter) trim(g *group, most int) {
	for most > 0 && g.len() > most && c.closeOldest(g, silentFor) {
	}
	for most > 0 && (g.len()+1)/tolerance > most {
		c.close(g.early())
	}
}

// early returns one of the earliest connections of the longer list, at random: one of
// the first half, and of the first candidates. It never returns the last one, unless
// there is only one.
func (g *group) early() *countedConn {
	from := g.silent
	if g.queued.Len() > from.Len() {
		from = g.queued
	}
	e := from.Front()
	for range rand.IntN(min((from.Len()+1)/2, candidates)) {
		e = e.Next()
	}
	return e.Value.(*countedConn)
}

// closeOldest closes the connection of a group that has been silent longest, if that is
// at least ago, and reports whether it did. The caller holds c.mu.
func (c *connLimiter) closeOldest(g *group, ago time.Duration) bool {
	front := g.silent.Front()
	if front == nil {
		return false
	}
	oldest := front.Value.(*countedConn)
	if c.now().Sub(oldest.since) < ago {
		return false
	}
	c.close(oldest)
	return true
}

// oldest returns the time since when the server has waited for the connection that has
// been silent longest, or the current time if no connection is silent.
func (c *connLimiter) oldest() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if front := c.all.silent.Front(); front != nil {
		return front.Value.(*countedConn).since
	}
	return c.now()
}

// makeRoom closes the connection that has been silent longest, if that is at least ago,
// and reports whether it closed one. Its descriptor is then free for a new connection.
// If ago is 0, makeRoom closes any connection rather than none.
func (c *connLimiter) makeRoom(ago time.Duration) bool {
	defer c.held.Write()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closeOldest(c.all, ago) {
		return true
	}
	if ago > 0 || c.all.len() == 0 {
		return false
	}
	c.close(c.all.early())
	return true
}

// close closes a connection; a pending Read of it returns an error. The caller holds
// c.mu.
func (c *connLimiter) close(g *countedConn) {
	c.remove(g)
	g.socket.Close()
	from := netip.Prefix{}
	if len(g.from) > 0 {
		from = g.from[0]
	}
	c.held.Add(c.log.Check(zap.WarnLevel, c.why), zap.Stringer("from", from), zap.Int("left", c.all.len()), logging.LimitToMinute())
}

// dismiss closes all connections.
func (c *connLimiter) dismiss() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, list := range []*list.List{c.all.silent, c.all.queued} {
		for list.Len() > 0 {
			g := list.Front().Value.(*countedConn)
			c.remove(g)
			g.socket.Close()
		}
	}
}
