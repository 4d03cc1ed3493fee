package server

import (
	"container/list"
	"net"
	"net/netip"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/listeners"
)

const (
	// silentFor is how long a connection must have waited before it may have
	// to go: a crowd that comes at once is not mistaken for one that says
	// nothing.
	silentFor = 2 * time.Second
	// toldEvery is how often the log hears of it.
	toldEvery = time.Minute
)

// doorstep is the connections that have not said yet what they want. Each costs
// a descriptor, and there is no end to those who never say anything: above the
// limits the oldest go. Safe for concurrent use.
type doorstep struct {
	conf *conf.Live
	log  *zap.Logger
	now  func() time.Time

	mu     sync.Mutex
	all    *list.List                  // of *waiting, the oldest in front
	by     map[netip.Prefix]*list.List // those of an address
	closed int                         // since the log was told
	told   time.Time
}

// waiting is one of them.
type waiting struct {
	socket net.Conn
	since  time.Time
	from   netip.Prefix  // zero: that of a proxy, or none
	in     *list.Element // of all
	inOwn  *list.Element // of those of its address; nil: they are not counted
}

func newDoorstep(c *conf.Live, log *zap.Logger) *doorstep {
	return &doorstep{conf: c, log: log, now: time.Now, all: list.New(), by: map[netip.Prefix]*list.List{}}
}

// enter adds a connection, and closes others where there are too many. leave
// must be called when its request has been read.
func (d *doorstep) enter(conn net.Conn) (leave func()) {
	c := d.conf.Config()
	d.mu.Lock()
	defer d.mu.Unlock()
	w := &waiting{socket: listeners.Below(conn), since: d.now()}
	w.in = d.all.PushBack(w)
	if peer, ok := addrOf(w.socket.RemoteAddr().String()); ok && !conf.InNetworks(c.Server.TrustedProxies, peer) {
		w.from, _ = conf.HouseholdOf(peer.String())
		own := d.by[w.from]
		if own == nil {
			own = list.New()
			d.by[w.from] = own
		}
		w.inOwn = own.PushBack(w)
		d.trim(own, c.Limits.ConnectionsPerIP)
	}
	d.trim(d.all, c.Limits.Connections)
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.remove(w)
	}
}

// trim closes the oldest of a list above a limit, but none that came just now.
// d.mu is held.
func (d *doorstep) trim(from *list.List, most int) {
	for from.Len() > most {
		oldest := from.Front().Value.(*waiting)
		if d.now().Sub(oldest.since) < silentFor {
			return
		}
		d.close(oldest)
	}
}

// makeRoom closes the oldest, if it came so long ago, and reports whether it
// did. Where the descriptors are used up, those who say nothing give way to
// those who come.
func (d *doorstep) makeRoom(ago time.Duration) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.all.Len() == 0 {
		return false
	}
	oldest := d.all.Front().Value.(*waiting)
	if d.now().Sub(oldest.since) < ago {
		return false
	}
	d.close(oldest)
	return true
}

// close ends a connection; whoever reads from it finds it closed. d.mu is held.
func (d *doorstep) close(w *waiting) {
	d.remove(w)
	w.socket.Close()
	d.closed++
	if now := d.now(); now.Sub(d.told) >= toldEvery {
		d.log.Warn("connections that said nothing were closed: there are too many of them",
			zap.Stringer("from", w.from), zap.Int("closed", d.closed), zap.Int("left", d.all.Len()))
		d.told, d.closed = now, 0
	}
}

// remove takes a connection off the lists; twice does no harm. d.mu is held.
func (d *doorstep) remove(w *waiting) {
	d.all.Remove(w.in)
	own := d.by[w.from]
	if w.inOwn == nil || own == nil {
		return
	}
	if own.Remove(w.inOwn); own.Len() == 0 {
		delete(d.by, w.from)
	}
}
