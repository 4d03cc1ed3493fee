package server

import (
	"errors"
	"math"
	"net"
	"syscall"
	"time"

	"go.uber.org/zap"

	"relay/conf"
)

// spareDescriptors is how many are kept from listeners, beside those of the
// sources, for all the rest: pages, files, relays, and whoever asks whether the
// server is well.
const spareDescriptors = 200

// roomFor returns how many listeners can be let in without using up the
// descriptors that the system gives the program; 0 when that is not known. Go
// has raised them to the most there are.
func roomFor(c *conf.Config, log *zap.Logger) int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	descriptors := int(min(uint64(limit.Cur), math.MaxInt32))
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

// accept takes connections until l is closed. Running out of descriptors is
// waited out: those on the air must not lose the server for it.
func (s *Server) accept(l net.Listener, handle func(net.Conn)) {
	var complained time.Time
	for {
		conn, err := l.Accept()
		switch {
		case err == nil:
			handle(conn)
			continue
		case errors.Is(err, net.ErrClosed):
			return
		}
		if time.Since(complained) > time.Second {
			complained = time.Now()
			s.log.Error("cannot accept connections", zap.Error(err))
		}
		pause := 100 * time.Millisecond
		if full := errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE); full && (s.doorstep.makeRoom() || s.answered.makeRoom()) {
			pause = time.Millisecond // until it is closed
		}
		time.Sleep(pause)
	}
}
