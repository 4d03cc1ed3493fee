package server

import (
	"errors"
	"math"
	"net"
	"syscall"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/internal/logging"
)

// spareDescriptors is how many are kept from listeners, beside those of the
// sources, for all the rest: pages, files, relays, and whoever asks whether the
// server is well.
const spareDescriptors = 200

// descriptors returns how many the system gives the program; 0 when that is not
// known. Go has raised them to the most there are.
func descriptors() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	return int(min(uint64(limit.Cur), math.MaxInt32))
}

// roomFor returns how many listeners can be let in without using up the
// descriptors; 0 when it is not known how many there are.
func roomFor(c *conf.Config, descriptors int, log *zap.Logger) int {
	if descriptors == 0 {
		return 0
	}
	room := room(descriptors, c.Limits.Sources)
	if room < c.Limits.Listeners {
		log.Warn("the system gives too few descriptors for limits.listeners: raise the limit of open files (ulimit -n)",
			zap.Int("descriptors", descriptors), zap.Int("listeners that are let in", room))
	}
	return room
}

// room spares what is wanted for others than listeners or, of few descriptors, a
// quarter.
func room(descriptors, sources int) int {
	return descriptors - min(sources+spareDescriptors, descriptors/4)
}

// followersRoom returns how many may follow the events: half of what listeners
// and sources leave. Of few descriptors sources are spared half at most.
func followersRoom(descriptors, listeners, sources int) int {
	left := descriptors - listeners
	return (left - min(sources, left/2)) / 2
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
