package auth

import (
	"sync"
	"time"
)

// mostRefused bounds for how many mounts the last refusal is remembered:
// strangers choose the names.
const mostRefused = 1000

// Refused is a source that was turned away for its login.
type Refused struct {
	When   time.Time
	Addr   string // IP address
	Agent  string // as it named itself; empty for SHOUTcast's sources
	Reason string
}

// refusedSources remembers the last refusal of each mount.
type refusedSources struct {
	mu   sync.Mutex
	last map[string]Refused
}

func (r *refusedSources) note(mount string, refused Refused) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.last[mount]; !known && len(r.last) >= mostRefused {
		oldest, when := "", refused.When
		for name, other := range r.last {
			if !other.When.After(when) {
				oldest, when = name, other.When
			}
		}
		delete(r.last, oldest)
	}
	if r.last == nil {
		r.last = map[string]Refused{}
	}
	r.last[mount] = refused
}

// LastRefused returns the last source that was turned away from a mount for
// its login since the program started. ok is false when there was none.
func (g *Gate) LastRefused(mount string) (last Refused, ok bool) {
	g.refused.mu.Lock()
	defer g.refused.mu.Unlock()
	last, ok = g.refused.last[mount]
	return last, ok
}

// noteRefused remembers err if it is the refusal of a login that was given.
func (g *Gate) noteRefused(mount, ip, agent string, err error) {
	if refusal, ok := err.(*Refusal); ok && refusal != nil && !refusal.Missing {
		g.refused.note(mount, Refused{When: time.Now(), Addr: ip, Agent: agent, Reason: refusal.Reason})
	}
}
