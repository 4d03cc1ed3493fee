package mounts

import "sync"

// promised lists the mounts for which a relay or an encoder runs, whether they exist or
// not.
type promised struct {
	mu      sync.Mutex
	feeders map[string]*feeders // by mount
}

// feeders counts the relays and encoders of a mount.
type feeders struct {
	all      int
	onDemand int
}

// Promise records that a relay or an encoder feeds the mount of that name whenever it
// can, until done is called once. Without a stream the mount may not exist; its name is
// still known, so that it can be watched.
func (r *Registry) Promise(name string, onDemand bool) (done func()) {
	p := &r.promised
	change := func(by int) {
		p.mu.Lock()
		defer p.mu.Unlock()
		f := p.feeders[name]
		if f == nil {
			f = &feeders{}
			p.feeders[name] = f
		}
		f.all += by
		if onDemand {
			f.onDemand += by
		}
		if f.all == 0 {
			delete(p.feeders, name)
		}
	}
	change(1)
	return func() { change(-1) }
}

// Promised returns the names of the promised mounts, in no particular order.
func (r *Registry) Promised() (names []string) {
	p := &r.promised
	p.mu.Lock()
	defer p.mu.Unlock()
	for name := range p.feeders {
		names = append(names, name)
	}
	return names
}

// IsPromised reports whether a relay or an encoder has promised to feed the mount.
func (r *Registry) IsPromised(name string) bool {
	p := &r.promised
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.feeders[name] != nil
}

// AbsentState returns the state of a mount that does not exist: Asleep if all its
// feeders run on demand, otherwise Waiting.
func (r *Registry) AbsentState(name string) string {
	p := &r.promised
	p.mu.Lock()
	defer p.mu.Unlock()
	if f := p.feeders[name]; f != nil && f.onDemand == f.all {
		return Asleep
	}
	return Waiting
}
