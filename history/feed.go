package history

import "time"

// Listening is one stay of a listener on a mount.
type Listening struct {
	Mount  string
	Since  time.Time
	Stayed time.Duration
	Addr   string // IP address
	Agent  string // User-Agent
	User   string // whose login he came with
	Bytes  int64  // sent to him
	Reason string // why he left
}

// Track is a title that goes on the air. It lasts until the next one of its
// mount, or until its source leaves the air.
type Track struct {
	Mount     string
	Title     string
	Since     time.Time
	Listeners int // at that moment
}

// Session is the time for which an input of a mount was on the air.
type Session struct {
	Mount  string
	Kind   string // "live", "relay", "fallback", "files"…
	Addr   string // IP address; empty for the server's own
	Agent  string
	User   string // whose login it came with
	Since  time.Time
	Stayed time.Duration
	Reason string // why it ended
}

// sampled is how many listened to each mount at one moment.
type sampled struct {
	at        time.Time
	listeners map[string]int
}

// entry is something that is to be remembered.
type entry interface{ write(*page) error }

// Listened notes that a listener has left. It does not wait.
func (s *Store) Listened(l Listening) { s.put(l) }

// Played notes that a title is on the air. The same title again, after a gap
// that was bridged, goes on. It does not wait.
func (s *Store) Played(t Track) { s.put(t) }

// Sourced notes that an input has left the air. It does not wait.
func (s *Store) Sourced(session Session) { s.put(session) }

// Sample notes how many listen to each mount. It does not wait and keeps the
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
