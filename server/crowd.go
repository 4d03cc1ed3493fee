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
	"relay/listeners"
)

const (
	// silentFor is how long a connection must have been here before it may have
	// to go: a crowd that comes at once is not mistaken for one that says
	// nothing.
	silentFor = 2 * time.Second
	// tolerance is how many times a limit such a crowd may be.
	tolerance = 2
	// candidates bounds how many connections one is chosen from that has to go
	// before that time: of all that came first.
	candidates = 512
)

// crowd is connections that nobody invited. Each costs a descriptor and memory, and
// there is no end to those that never say anything, never finish what they say or
// never take the answer. Above the limits the oldest go, but none that came just now.
// Far above them any may go that came early, so that a connection that is served at
// once has little to fear from a flood. Safe for concurrent use.
type crowd struct {
	conf   *conf.Live
	log    *zap.Logger
	now    func() time.Time
	most   func(*conf.Limits) int // of all; 0: no limit
	why    string                 // in the log, when some were closed
	budget *budget

	mu   sync.Mutex
	all  *group
	of   map[netip.Prefix]*group // those of a client
	held logging.Held            // lines that come up under mu
}

// group is the connections of one client or of all.
type group struct {
	prefix netip.Prefix // zero: all
	silent *list.List   // of *guest: we wait for them; the longest in front
	queued *list.List   // of *guest: they wait for us
}

func newGroup(prefix netip.Prefix) *group {
	return &group{prefix: prefix, silent: list.New(), queued: list.New()}
}

func (g *group) len() int { return g.silent.Len() + g.queued.Len() }

// guest is one of the connections.
type guest struct {
	crowd  *crowd
	socket net.Conn
	here   context.Context // ends when the crowd closes it
	end    context.CancelFunc

	// Guarded by the crowd's mu.
	since    time.Time // when we began to wait for it
	isQueued bool
	isGone   bool
	in       []membership
	bytes    int            // that it has of the budget
	from     []netip.Prefix // that it is counted in; none: it is that of a proxy
}

// membership is a place in a group.
type membership struct {
	*group
	element *list.Element
}

// newDoorstep returns the place of connections that have not said yet what they want.
func newDoorstep(c *conf.Live, log *zap.Logger, heads *budget) *crowd {
	return newCrowd(c, log, heads, func(l *conf.Limits) int { return l.Connections },
		"connections that said nothing were closed: there are too many of them")
}

// newAnswered returns the place of connections whose request is being answered.
func newAnswered(c *conf.Live, log *zap.Logger, requests *budget) *crowd {
	return newCrowd(c, log, requests, func(*conf.Limits) int { return 0 },
		"requests were broken off: too many are being answered")
}

func newCrowd(c *conf.Live, log *zap.Logger, budget *budget, most func(*conf.Limits) int, why string) *crowd {
	return &crowd{
		conf: c, log: log, now: time.Now, most: most, why: why, budget: budget,
		all: newGroup(netip.Prefix{}), of: map[netip.Prefix]*group{},
	}
}

// enter adds a connection and closes others where there are too many, or this one:
// see guest.here. leave must be called when it does not belong here any more.
func (c *crowd) enter(conn net.Conn, from []netip.Prefix) *guest {
	limits := &c.conf.Config().Limits
	defer c.held.Write()
	c.mu.Lock()
	defer c.mu.Unlock()
	g := &guest{crowd: c, socket: listeners.Below(conn), since: c.now()}
	g.here, g.end = context.WithCancel(context.Background())
	c.join(g, c.all)
	c.identify(g, from, limits)
	c.trim(c.all, c.most(limits))
	return g
}

// identified counts the connection for a client that is known only now.
func (g *guest) identified(from []netip.Prefix) {
	c := g.crowd
	limits := &c.conf.Config().Limits
	defer c.held.Write()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !g.isGone && len(g.from) == 0 {
		c.identify(g, from, limits)
	}
}

// identify counts g for a client. c.mu is held.
func (c *crowd) identify(g *guest, from []netip.Prefix, limits *conf.Limits) {
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
		if own := c.of[prefix]; own != nil { // all of them may have gone for the prefix before
			most := clientcount.Limit(prefix, limits.ConnectionsPerIP)
			if all := c.most(limits); all > 0 && prefix != from[0] {
				most = max(limits.ConnectionsPerIP, min(most, all/2))
			}
			c.trim(own, most)
		}
	}
}

// join puts g at the end of a group. c.mu is held.
func (c *crowd) join(g *guest, in *group) {
	to := in.silent
	if g.isQueued {
		to = in.queued
	}
	g.in = append(g.in, membership{in, to.PushBack(g)})
}

// queue says that the connection waits for us from now on, until unqueue.
func (g *guest) queue() { g.move(true) }

// unqueue says that we wait for the connection again.
func (g *guest) unqueue() { g.move(false) }

func (g *guest) move(queued bool) {
	c := g.crowd
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

// client returns the prefixes that the connection is counted in.
func (g *guest) client() []netip.Prefix {
	g.crowd.mu.Lock()
	defer g.crowd.mu.Unlock()
	return g.from
}

// leave takes the connection off the lists; twice does no harm.
func (g *guest) leave() {
	g.crowd.mu.Lock()
	defer g.crowd.mu.Unlock()
	g.crowd.remove(g)
}

// remove is leave; c.mu is held.
func (c *crowd) remove(g *guest) {
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

// trim closes connections of a group above a limit, if it is not 0. c.mu is held.
func (c *crowd) trim(g *group, most int) {
	for most > 0 && g.len() > most && c.closeOldest(g, silentFor) {
	}
	for most > 0 && (g.len()+1)/tolerance > most {
		c.close(g.early())
	}
}

// early returns one of the connections that came first, by chance, and never the last.
func (g *group) early() *guest {
	from := g.silent
	if g.queued.Len() > from.Len() {
		from = g.queued
	}
	e := from.Front()
	for range rand.IntN(min((from.Len()+1)/2, candidates)) {
		e = e.Next()
	}
	return e.Value.(*guest)
}

// closeOldest closes the connection of a group that we have waited for longest, if
// that is so long, and reports whether it did. c.mu is held.
func (c *crowd) closeOldest(g *group, ago time.Duration) bool {
	front := g.silent.Front()
	if front == nil {
		return false
	}
	oldest := front.Value.(*guest)
	if c.now().Sub(oldest.since) < ago {
		return false
	}
	c.close(oldest)
	return true
}

// oldest returns since when the first connection is waited for, or now.
func (c *crowd) oldest() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if front := c.all.silent.Front(); front != nil {
		return front.Value.(*guest).since
	}
	return c.now()
}

// makeRoom closes the connection that we have waited for longest, if that is so long,
// and reports whether it did. Where the descriptors are used up, it gives way to
// those who come; with ago 0 any does.
func (c *crowd) makeRoom(ago time.Duration) bool {
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

// close ends a connection; whoever reads from it finds it closed. c.mu is held.
func (c *crowd) close(g *guest) {
	c.remove(g)
	g.socket.Close()
	from := netip.Prefix{}
	if len(g.from) > 0 {
		from = g.from[0]
	}
	c.held.Add(c.log.Check(zap.WarnLevel, c.why), zap.Stringer("from", from), zap.Int("left", c.all.len()), logging.LimitToMinute())
}

// dismiss closes all.
func (c *crowd) dismiss() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, list := range []*list.List{c.all.silent, c.all.queued} {
		for list.Len() > 0 {
			g := list.Front().Value.(*guest)
			c.remove(g)
			g.socket.Close()
		}
	}
}
