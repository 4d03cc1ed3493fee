package server

import (
	"errors"
	"math"
	"net"
	"net/url"
	"strings"
	"syscall"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/internal/logging"
)

// The descriptors that listeners may not use, beside those of the sources.
const (
	spareDescriptors = 200 // for all other connections, on a machine with many descriptors
	leastConnections = 32  // for clients; a server with fewer is of little use
)

// How many descriptors each part of a configuration needs, see needs.
const (
	ownDescriptors       = 40 // the log, the poller, locks, the history, and files that are open for a moment
	perAddress           = 1  // each listen address
	perRendition         = 6  // the encoder's pipes and process; while it starts, the other ends of the pipes
	perRelay             = 3  // a connection, and others while it connects
	perPlayer            = 5  // the current file and the next one, jingles, the list, folders that are being searched
	perRecording         = 3  // the audio, the cue sheet, and the next file at the end of an hour
	perHookedServer      = 48 // questions, notifications and idle connections
	ofMaster             = 16 // connections that are being opened
	ofDownloads          = 20 // recordings that are downloaded, and their connections
	ofCertificateServers = 8
)

// descriptors returns how many descriptors the program may open, or 0 if that is
// unknown. The Go runtime has already raised the soft limit to the hard limit.
func descriptors() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	return int(min(uint64(limit.Cur), math.MaxInt32))
}

// needs returns how many descriptors a configuration needs beside those of its clients,
// with the given number of live sources.
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

// share is how the program's descriptors are divided.
type share struct {
	clients   int // for connections of clients
	sources   int // for live sources, part of clients
	listeners int // for listeners, part of clients; the rest is for all other clients
}

// shareOut divides the descriptors. The needs of the configuration come first: without
// a descriptor for its encoder or recording, a mount goes off the air.
func shareOut(c *conf.Config, descriptors int) share {
	sources := min(c.Limits.Sources, max(1, descriptors/8))
	clients := max(0, descriptors-needs(c, sources))
	kept := min(sources+spareDescriptors, clients/4) // not for listeners
	return share{clients: clients, sources: max(1, min(sources, kept/2)), listeners: max(1, clients-kept)}
}

// followers returns how many clients may follow the events: half of the descriptors
// that sources and listeners leave. listeners is the configured maximum.
func (s share) followers(listeners int) int {
	return max(0, s.clients-min(listeners, s.listeners)-s.sources) / 2
}

// tooFew returns how many descriptors a configuration needs at least if there are
// fewer, and 0 if there are enough or their number is unknown.
func tooFew(c *conf.Config, descriptors int) (needed int) {
	needed = needs(c, min(c.Limits.Sources, max(1, descriptors/8))) + leastConnections
	if descriptors == 0 || descriptors >= needed {
		return 0
	}
	return needed
}

// TooFewDescriptors returns how many descriptors a configuration needs at least, and
// how many this program may open. needed is 0 if there are enough; given is 0 if their
// number is unknown.
func TooFewDescriptors(c *conf.Config) (needed, given int) {
	given = descriptors()
	return tooFew(c, given), given
}

// warnOfShortage warns the operator if the configuration needs more descriptors than
// there are.
func warnOfShortage(c *conf.Config, descriptors int, log *zap.Logger) {
	if descriptors == 0 {
		return
	}
	if needed := tooFew(c, descriptors); needed > 0 {
		log.Warn("too few file descriptors for this configuration, so something will fail: raise the limit of open files (ulimit -n, LimitNOFILE)",
			zap.Int("descriptors", descriptors), zap.Int("needed", needed))
	}
	s := shareOut(c, descriptors)
	if s.listeners < c.Limits.Listeners {
		log.Warn("too few file descriptors for limits.listeners: raise the limit of open files (ulimit -n)",
			zap.Int("descriptors", descriptors), zap.Int("listeners accepted", s.listeners))
	}
	if s.sources < c.Limits.Sources {
		log.Warn("too few file descriptors for limits.sources: raise the limit of open files (ulimit -n)",
			zap.Int("descriptors", descriptors), zap.Int("sources accepted", s.sources))
	}
}

// spareOwn closes a connection if clients are about to take the descriptors that the
// server itself needs.
func (s *Server) spareOwn() {
	streams := s.Registry.Listeners() - s.HLS.Sessions() // a session has no descriptor
	if shared, known := s.Capacity.share(); known && int(s.Traffic.Open())+streams > shared.clients {
		s.makeRoom()
	}
}

// accept accepts connections until l is closed. After another error, such as a lack of
// descriptors, it pauses and tries again: the mounts on the air must not lose the
// server.
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
		s.Log.Error("cannot accept connections", zap.Error(err), logging.Limit())
		pause := 100 * time.Millisecond
		if full := errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE); full && s.makeRoom() {
			pause = time.Millisecond // until the closed connection has ended
		}
		time.Sleep(pause)
	}
}

// makeRoom closes a connection to free its descriptor for a new one, and reports
// whether it closed one. Players that ask for HLS just connect again, so theirs go first.
// Connections that have just arrived go last: they may be health checks.
func (s *Server) makeRoom() bool {
	if s.kept.makeRoom(silentFor) || s.pending.makeRoom(silentFor) || s.API.Events.GiveWay() || s.answered.makeRoom(silentFor) {
		return true
	}
	first, second := s.pending, s.answered
	if second.oldest().Before(first.oldest()) {
		first, second = second, first
	}
	return first.makeRoom(0) || second.makeRoom(0)
}
