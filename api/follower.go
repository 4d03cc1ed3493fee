package api

import "errors"

// longestQueue is how much may wait for one who follows, in rounds. Who is that
// slow is dropped; a browser comes again by itself and is told everything anew.
const longestQueue = 32

// mostFollowers bounds who follows the events at once.
const mostFollowers = 10_000

var (
	errTooManyFollowers = errors.New("as many follow the events as may")
	errTooManyOfOne     = errors.New("as many follow the events from your address as may")
	errNoMoreEvents     = errors.New("the server is shutting down")
)

// A follower is one who follows the events.
type follower struct {
	view
	ip     string
	hangUp func() // ends his connection
	queue  chan []byte
	gone   chan struct{} // closed when nothing more will come
}

// follow lets somebody at an IP address follow what v shows, beginning with how
// everything is now, until leave. hangUp ends his connection.
func (e *Events) follow(v view, ip string, hangUp func()) (*follower, error) {
	f := &follower{view: v, ip: ip, hangUp: hangUp, queue: make(chan []byte, longestQueue), gone: make(chan struct{})}
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

// admit says why there is no place for f, or nil. Whoever has a login takes that
// of a guest. e.mu is held.
func (e *Events) admit(f *follower) error {
	if e.ended {
		return errNoMoreEvents
	}
	most := mostFollowers
	if e.Room != nil {
		most = min(most, e.Room())
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

// GiveWay ends the connection of the follower who came first of those without a
// login, where its descriptor is needed, and reports whether there was one.
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

// dropGuest drops the first of the guests and returns him, or nil. e.mu is held.
func (e *Events) dropGuest() *follower {
	if len(e.guests.all) == 0 {
		return nil
	}
	first := e.guests.all[0]
	e.drop(first)
	return first
}

// leave ends that f follows.
func (e *Events) leave(f *follower) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.drop(f)
	e.stir()
}

// stir lets Run look who follows. It does not wait.
func (e *Events) stir() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// drop lets f go, if he is there. e.mu is held.
func (e *Events) drop(f *follower) {
	if _, follows := e.followers[f]; follows {
		delete(e.followers, f)
		e.guests.leave(f)
		close(f.gone)
	}
}

// offer puts news in the queue of f, or drops him when there is no room. e.mu
// is held.
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

// send gives everyone but newcomers what he sees of a round.
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

// seenBy is through, once for each view.
func (r round) seenBy(v view, seen map[view][]byte) []byte {
	news, known := seen[v]
	if !known {
		news = r.through(v)
		seen[v] = news
	}
	return news
}

// greet tells newcomers how everything is, and reports whether anybody
// follows. It is Run's.
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

// operatorsFollow reports whether anybody who sees everything follows.
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

// end lets everyone go, for good.
func (e *Events) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended = true
	for f := range e.followers {
		e.drop(f)
	}
}
