package mounts

import (
	"errors"
	"net/netip"
	"sync"
	"sync/atomic"
)

// ErrTooManyExpected is the error of Audience.Expect.
var ErrTooManyExpected = errors.New("too many listeners are waiting")

// expected counts connected listeners, on all mounts together, that wait for a hook's
// permission or for something to play.
type expected struct {
	all     atomic.Int64
	clients clientLimiter
}

// Expect reserves a place for a listener that must wait before it can join, or returns
// why there is none. The caller calls done to give up the place before the listener
// joins; further calls do nothing.
func (a *Audience) Expect(addr netip.Addr) (done func(), err error) {
	most := a.limits()
	if a.server.Load() >= int64(most.server) {
		return nil, ErrServerFull
	}
	if a.expected.all.Add(1)+a.server.Load() > int64(most.server) {
		a.expected.all.Add(-1)
		return nil, ErrTooManyExpected
	}
	perClient := most.connections
	if most.perClient > 0 {
		perClient = min(perClient, most.perClient)
	}
	if !a.expected.clients.enter(addr, perClient, most.server) {
		a.expected.all.Add(-1)
		return nil, ErrTooManyExpected
	}
	return sync.OnceFunc(func() {
		a.expected.clients.leave(addr)
		a.expected.all.Add(-1)
	}), nil
}
