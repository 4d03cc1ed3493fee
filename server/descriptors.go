package server

import (
	"errors"
	"math"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/internal/logging"
)

// What is kept from listeners, beside the descriptors of the sources.
const (
	spareDescriptors = 200 // for all other connections, where there are many descriptors
	leastConnections = 32  // fewer than this serve nobody well
)

// What the configuration needs descriptors for, see needs.
const (
	ownDescriptors       = 40 // the log, the poller, locks, the history, and files that are read for a moment
	perAddress           = 1  // that is listened on
	perRendition         = 6  // pipes of its encoder and its process; at its start the other ends of the pipes
	perRelay             = 3  // a connection, and others while it is connected to
	perPlayer            = 5  // the file that plays and the next one, jingles, the list, folders that are looked through
	perRecording         = 3  // sound, cue sheet, and the next file while the hour ends
	perHookedServer      = 48 // questions, notices and idle connections
	ofMaster             = 16 // connections in the making
	ofDownloads          = 20 // recordings that are sent, and their connections
	ofCertificateServers = 8
)

// descriptors returns how many the system gives the program; 0 when that is not
// known. Go has raised them to the most there are.
func descriptors() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	return int(min(uint64(limit.Cur), math.MaxInt32))
}

// needs returns how many descriptors a configuration needs beside those of clients,
// with so many live sources.
func needs(c *conf.Config, sources int) int {
	n := ownDescriptors + perAddress*(len(c.Server.Listen)+len(c.TLS.Listen)+1)
	recorded, hooked := 0, map[string]bool{}
	for _, m := range c.Mounts {
		n += perRendition * len(m.Renditions)
		if len(m.Files.Paths) > 0 {
			n += perPlayer
		}
		switch {
		case m.RecordDir == "":
		case strings.HasSuffix(m.Name, "*"):
			recorded = sources
		default:
			recorded++
		}
		for _, address := range []string{m.ListenerAuth.URL, m.ListenerAuth.OnSource, m.ListenerAuth.StreamAuth} {
			if u, err := url.Parse(address); err == nil && u.Host != "" {
				hooked[u.Host] = true
			}
		}
	}
	if recorded > 0 {
		n += perRecording*min(recorded, sources) + ofDownloads
	}
	n += perHookedServer*len(hooked) + perRelay*len(c.Relays)
	if c.Master.URL != "" {
		n += c.Limits.Sources + ofMaster
	}
	if len(c.TLS.ACMEHosts) > 0 {
		n += ofCertificateServers
	}
	return n
}

// A share is how the descriptors that the system gives are used.
type share struct {
	clients   int // by connections of clients
	sources   int // of these by live sources
	listeners int // and by listeners; the rest is for all other clients
}

// shareOut shares so many descriptors out. What the configuration needs goes first: an
// encoder or a recording without its descriptors takes a mount off the air.
func shareOut(c *conf.Config, descriptors int) share {
	sources := min(c.Limits.Sources, max(1, descriptors/8))
	clients := max(0, descriptors-needs(c, sources))
	kept := min(sources+spareDescriptors, clients/4) // from listeners
	return share{clients: clients, sources: max(1, min(sources, kept/2)), listeners: max(1, clients-kept)}
}

// followers returns how many may follow the events: half of what sources leave and
// the listeners that may come.
func (s share) followers(listeners int) int {
	return max(0, s.clients-min(listeners, s.listeners)-s.sources) / 2
}

// descriptorPlan is the share by the configuration in force. Safe for concurrent use.
type descriptorPlan struct {
	conf        *conf.Live
	descriptors int // 0: it is not known how many there are
	last        atomic.Pointer[plannedShare]
}

type plannedShare struct {
	config *conf.Config
	share
}

// now returns the share. known is false when it is not known how many descriptors
// there are.
func (p *descriptorPlan) now() (s share, known bool) {
	if p.descriptors == 0 {
		return share{}, false
	}
	c := p.conf.Config()
	if last := p.last.Load(); last != nil && last.config == c {
		return last.share, true
	}
	planned := &plannedShare{c, shareOut(c, p.descriptors)}
	p.last.Store(planned)
	return planned.share, true
}

// tooFew says how many descriptors a configuration needs at least where there are
// fewer, and 0 otherwise.
func tooFew(c *conf.Config, descriptors int) (needed int) {
	needed = needs(c, min(c.Limits.Sources, max(1, descriptors/8))) + leastConnections
	if descriptors == 0 || descriptors >= needed {
		return 0
	}
	return needed
}

// TooFewDescriptors says how many descriptors a configuration needs at least, and how
// many a program has that is started here, where these are fewer; otherwise needed is 0.
func TooFewDescriptors(c *conf.Config) (needed, given int) {
	given = descriptors()
	return tooFew(c, given), given
}

// tellShortage tells the operator of descriptors that the system does not give.
func tellShortage(c *conf.Config, descriptors int, log *zap.Logger) {
	if descriptors == 0 {
		return
	}
	if needed := tooFew(c, descriptors); needed > 0 {
		log.Warn("the system gives fewer descriptors than the configuration needs, and something will fail: raise the limit of open files (ulimit -n, LimitNOFILE)",
			zap.Int("descriptors", descriptors), zap.Int("needed", needed))
	}
	s := shareOut(c, descriptors)
	if s.listeners < c.Limits.Listeners {
		log.Warn("the system gives too few descriptors for limits.listeners: raise the limit of open files (ulimit -n)",
			zap.Int("descriptors", descriptors), zap.Int("listeners that are let in", s.listeners))
	}
	if s.sources < c.Limits.Sources {
		log.Warn("the system gives too few descriptors for limits.sources: raise the limit of open files (ulimit -n)",
			zap.Int("descriptors", descriptors), zap.Int("sources that are let in", s.sources))
	}
}

// spareOwn closes a connection where clients are about to take the descriptors that
// the server needs itself.
func (s *Server) spareOwn() {
	if plan, known := s.plan.now(); known && int(s.admin.Traffic.Open.Load())+s.registry.Listeners() > plan.clients {
		s.makeRoom()
	}
}

// accept takes connections until l is closed. Running out of descriptors is
// waited out: those on the air must not lose the server for it.
func (s *Server) accept(l net.Listener, handle func(net.Conn)) {
	for {
		conn, err := l.Accept()
		switch {
		case err == nil:
			handle(conn)
			continue
		case errors.Is(err, net.ErrClosed):
			return
		}
		s.log.Error("cannot accept connections", zap.Error(err), logging.Limit())
		pause := 100 * time.Millisecond
		if full := errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE); full && s.makeRoom() {
			pause = time.Millisecond // until it is closed
		}
		time.Sleep(pause)
	}
}

// makeRoom closes a connection for one that comes, and reports whether there was
// one. Who came a moment ago may be about to ask whether the server is well.
func (s *Server) makeRoom() bool {
	if s.doorstep.makeRoom(silentFor) || s.api.Events.GiveWay() || s.answered.makeRoom(silentFor) {
		return true
	}
	first, second := s.doorstep, s.answered
	if second.oldest().Before(first.oldest()) {
		first, second = second, first
	}
	return first.makeRoom(0) || second.makeRoom(0)
}
