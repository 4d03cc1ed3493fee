package server

import (
	"container/list"
	"net"
	"net/netip"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/internal/logging"
	"relay/listeners"
)

const (
	// silentFor is how long a connection must have been here before it may have
	// to go: a crowd that comes at once is not mistaken for one that says
	// nothing.
	silentFor = 2 * time.Second
)

// crowd is connections that nobody invited. Each costs a descriptor, and there
// is no end to those who never say anything, never finish what they say or never
// take the answer: above the limits the oldest go. Safe for concurrent use.
type crowd struct {
	conf *conf.Live
	log  *zap.Logger
	now  func() time.Time
	most func(*conf.Limits) int // of all; 0: as many as there are descriptors
	why  string                 // in the log, when some were closed

	mu   sync.Mutex
	all  *list.List                  // of *waiting, the oldest in front
	by   map[netip.Prefix]*list.List // those of an address
	held logging.Held                // lines that come up under mu
}

// waiting is one of them.
type waiting struct {
	socket net.Conn
	since  time.Time
	from   netip.Prefix  // zero: that of a proxy, or none
	in     *list.Element // of all
	inOwn  *list.Element // of those of its address; nil: they are not counted
}

// newDoorstep returns the place of those who have not said yet what they want.
func newDoorstep(c *conf.Live, log *zap.Logger) *crowd {
	return newCrowd(c, log, func(l *conf.Limits) int { return l.Connections },
		"connections that said nothing were closed: there are too many of them")
}

// newAnswered returns the place of those whose request net/http answers.
func newAnswered(c *conf.Live, log *zap.Logger) *crowd {
	return newCrowd(c, log, func(*conf.Limits) int { return 0 },
		"requests were broken off: too many are being answered")
}

func newCrowd(c *conf.Live, log *zap.Logger, most func(*conf.Limits) int, why string) *crowd {
	return &crowd{conf: c, log: log, now: time.Now, most: most, why: why, all: list.New(), by: map[netip.Prefix]*list.List{}}
}

// enter adds a connection, and closes others where there are too many. leave
// must be called when it does not belong here any more; twice does no harm.
func (c *crowd) enter(conn net.Conn) (leave func()) {
	config := c.conf.Config()
	defer c.held.Write()
	c.mu.Lock()
	defer c.mu.Unlock()
	w := &waiting{socket: listeners.Below(conn), since: c.now()}
	w.in = c.all.PushBack(w)
	if peer, ok := addrOf(w.socket.RemoteAddr().String()); ok && !conf.InNetworks(config.Server.TrustedProxies, peer) {
		w.from, _ = conf.HouseholdOf(peer.String())
		own := c.by[w.from]
		if own == nil {
			own = list.New()
			c.by[w.from] = own
		}
		w.inOwn = own.PushBack(w)
		c.trim(own, config.Limits.ConnectionsPerIP)
	}
	c.trim(c.all, c.most(&config.Limits))
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.remove(w)
	}
}

// trim closes the oldest of a list above a limit, if it is not 0, but none that
// came just now. c.mu is held.
func (c *crowd) trim(from *list.List, most int) {
	for most > 0 && from.Len() > most {
		oldest := from.Front().Value.(*waiting)
		if c.now().Sub(oldest.since) < silentFor {
			return
		}
		c.close(oldest)
	}
}

// makeRoom closes the oldest, if it came so long ago, and reports whether it
// did. Where the descriptors are used up, it gives way to those who come.
func (c *crowd) makeRoom(ago time.Duration) bool {
	defer c.held.Write()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all.Len() == 0 {
		return false
	}
	oldest := c.all.Front().Value.(*waiting)
	if c.now().Sub(oldest.since) < ago {
		return false
	}
	c.close(oldest)
	return true
}

// close ends a connection; whoever reads from it finds it closed. c.mu is held.
func (c *crowd) close(w *waiting) {
	c.remove(w)
	w.socket.Close()
	c.held.Add(c.log.Check(zap.WarnLevel, c.why), zap.Stringer("from", w.from), zap.Int("left", c.all.Len()), logging.LimitToMinute())
}

// remove takes a connection off the lists; twice does no harm. c.mu is held.
func (c *crowd) remove(w *waiting) {
	c.all.Remove(w.in)
	own := c.by[w.from]
	if w.inOwn == nil || own == nil {
		return
	}
	if own.Remove(w.inOwn); own.Len() == 0 {
		delete(c.by, w.from)
	}
}
