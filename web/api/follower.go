package api

import (
	"errors"
	"net/netip"
)

// maxQueue bounds the rounds that are queued for a follower. A follower slower than
// that is dropped; a browser reconnects by itself and is sent the whole state again.
const maxQueue = 32

// maxFollowers bounds the number of followers.
const maxFollowers = 10_000

var (
	errTooManyFollowers = errors.New("too many event streams")
	errTooManyOfOne     = errors.New("too many event streams from your address")
	errNoMoreEvents     = errors.New("the server is shutting down")
)

// A follower is a client that follows the events.
type follower struct {
	view
	ip     netip.Addr
	hangUp func() // closes its connection
	queue  chan []byte
	gone   chan struct{} // closed when the follower has been dropped
}

// follow adds a follower at an IP address that sees v. It is sent the present state
// first, and then events until leave. hangUp closes its connection.
func (e *Events) follow(v view, ip netip.Addr, hangUp func()) (*follower, error) {
	f := &follower{view: v, ip: ip, hangUp: hangUp, queue: make(chan []byte, maxQueue), gone: make(chan struct{})}
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.admit(f); err != nil {
		return nil, err
	}
	e.followers[f] = struct{}{}
	e.fresh = append(e.fresh, f)
	e.stir()
	return f, nil
}

// admit returns why there is no place for f, or nil. A follower with a login takes
// the place of a guest. e.mu is held.
func (e *Events) admit(f *follower) error {
	if e.ended {
		return errNoMoreEvents
	}
	most := maxFollowers
	if e.capacity != nil {
		most = min(most, e.capacity.Followers())
	}
	full := len(e.followers) >= most
	if f.isKnown() {
		if full && e.dropGuest() == nil {
			return errTooManyFollowers
		}
		return nil
	}
	if !e.guests.enter(f, most) {
		return errTooManyOfOne
	}
	if full {
		e.guests.leave(f)
		return errTooManyFollowers
	}
	return nil
}

// GiveWay disconnects the oldest follower without a login to free its descriptor, and
// reports whether there was one.
func (e *Events) GiveWay() bool {
	e.mu.Lock()
	first := e.dropGuest()
	e.mu.Unlock()
	if first == nil {
		return false
	}
	first.hangUp()
	return true
}

// dropGuest drops the oldest guest and returns it, or nil. e.mu is held.
func (e *Events) dropGuest() *follower {
	if len(e.guests.all) == 0 {
		return nil
	}
	first := e.guests.all[0]
	e.drop(first)
	return first
}

// leave removes f.
func (e *Events) leave(f *follower) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.drop(f)
	e.stir()
}

// stir wakes Run after a change of followers. It does not block.
func (e *Events) stir() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// drop removes f, if it is still a follower. e.mu is held.
func (e *Events) drop(f *follower) {
	if _, follows := e.followers[f]; follows {
		delete(e.followers, f)
		e.guests.leave(f)
		close(f.gone)
	}
}

// offer queues news for f, or drops f if its queue is full. e.mu is held.
func (e *Events) offer(f *follower, news []byte) {
	if len(news) == 0 {
		return
	}
	select {
	case f.queue <- news:
	default:
		e.drop(f)
	}
}

// send queues for each follower the part of a round that it may see; new followers
// get nothing yet.
func (e *Events) send(r round) {
	if r.isEmpty() {
		return
	}
	r.conf = e.conf.Config()
	e.mu.Lock()
	defer e.mu.Unlock()
	fresh := map[*follower]bool{}
	for _, f := range e.fresh {
		fresh[f] = true
	}
	seen := map[view][]byte{}
	for f := range e.followers {
		if !fresh[f] {
			e.offer(f, r.seenBy(f.view, seen))
		}
	}
}

// seenBy is through, computed once per view.
func (r round) seenBy(v view, seen map[view][]byte) []byte {
	news, known := seen[v]
	if !known {
		news = r.through(v)
		seen[v] = news
	}
	return news
}

// greet sends new followers the present state, and reports whether there are any
// followers. Only Run calls it.
func (e *Events) greet() (following bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.fresh) > 0 {
		now, seen := e.everything(), map[view][]byte{}
		for _, f := range e.fresh {
			if _, follows := e.followers[f]; follows {
				e.offer(f, now.seenBy(f.view, seen))
			}
		}
		e.fresh = nil
	}
	return len(e.followers) > 0
}

// operatorsFollow reports whether an operator follows.
func (e *Events) operatorsFollow() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for f := range e.followers {
		if f.all {
			return true
		}
	}
	return false
}

// end drops all followers and admits no more.
func (e *Events) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended = true
	for f := range e.followers {
		e.drop(f)
	}
}
