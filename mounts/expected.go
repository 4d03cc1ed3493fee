package mounts

import (
	"errors"
	"sync"
	"sync/atomic"
)

// ErrTooManyExpected is of Audience.Expect.
var ErrTooManyExpected = errors.New("as many wait to listen as there is room for")

// expected counts those who wait, on all mounts together, for a word that lets
// them listen or for something to play: they have a connection already.
type expected struct {
	all        atomic.Int64
	households households
}

// Expect keeps a place for one who must wait before he can join, or says why
// there is none. The place is his until he calls the function that comes back,
// which he does before he joins; twice does no harm.
func (a *Audience) Expect(addr string) (done func(), err error) {
	most := a.limits()
	if a.server.Load() >= int64(most.server) {
		return nil, ErrServerFull
	}
	if a.expected.all.Add(1)+a.server.Load() > int64(most.server) {
		a.expected.all.Add(-1)
		return nil, ErrTooManyExpected
	}
	household := most.connections
	if most.household > 0 {
		household = min(household, most.household)
	}
	if !a.expected.households.enter(addr, household, most.server) {
		a.expected.all.Add(-1)
		return nil, ErrTooManyExpected
	}
	return sync.OnceFunc(func() {
		a.expected.households.leave(addr)
		a.expected.all.Add(-1)
	}), nil
}
