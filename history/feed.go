package history

import (
	"net/netip"
	"time"
)

// Session is one stay of a listener on a mount.
type Session struct {
	ID     uint64 // distinguishes it from other stays of this run; 0: unknown
	Mount  string
	Since  time.Time
	Stayed time.Duration
	Addr   netip.Addr
	Agent  string // User-Agent
	User   string // the user of the listener's login
	Bytes  int64  // sent to it
	Reason string // why it left
}

// Track is a title that goes on the air. It lasts until the next title of its mount, or
// until its source leaves the air.
type Track struct {
	Mount     string
	Play      int64 // the same for one playing of a title, on every mount and after every break; 0: no title is known
	Title     string
	Since     time.Time
	Listeners int // at the beginning of the title
}

// Airtime is the time for which an input of a mount was on the air.
type Airtime struct {
	Mount  string
	Kind   string     // "live", "relay", "fallback", "files"…
	Addr   netip.Addr // zero: the server's own
	Agent  string
	User   string // the user of the source's login
	Since  time.Time
	Stayed time.Duration
	Reason string // why it ended
	Play   int64  // the play of the current title, as in Track
}

// sampled is the number of listeners of each mount at one moment.
type sampled struct {
	at        time.Time
	listeners map[string]int
}

// begun is an airtime that has begun and not ended.
type begun struct{ Airtime }

// entry is an event to be written to the history.
type entry interface{ write(*batch) error }

// Listened records that a listener has left. It does not wait.
func (s *Store) Listened(l Session) { s.put(l) }

// Played records that a mount plays a title, or that its input has no title. It does
// not wait.
func (s *Store) Played(t Track) { s.put(t) }

// Began records that an input is on the air. It does not wait.
func (s *Store) Began(session Airtime) { s.put(begun{session}) }

// Sourced records that an input has left the air. It does not wait.
func (s *Store) Sourced(session Airtime) { s.put(session) }

// Sample records the number of listeners of each mount. It does not wait, and keeps the
// map.
func (s *Store) Sample(at time.Time, listeners map[string]int) {
	if len(listeners) > 0 {
		s.put(sampled{at, listeners})
	}
}

func (s *Store) put(e entry) {
	if s == nil {
		return
	}
	select {
	case s.queue <- e:
	default:
		s.lost.Add(1)
	}
}
