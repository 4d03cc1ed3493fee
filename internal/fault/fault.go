// Package fault keeps account of something that fails for a while, such as a disk
// that is full.
//
//	in:   each failure, and that it works again
//	out:  when to say so (once when it begins, once when it ends), what is wrong now
//	      and since when, and how often it has failed
package fault

import (
	"sync"
	"time"
)

// Fault is the state of one thing that can fail. The zero value works. Safe for
// concurrent use.
type Fault struct {
	mu       sync.Mutex
	text     string
	since    time.Time // zero: it works
	failures int64     // of the present fault
	total    int64
}

// State is a Fault at one moment.
type State struct {
	Text     string    // what is wrong; empty: nothing
	Since    time.Time // zero: it works
	Failures int64     // since then
	Total    int64     // since the start
}

// Failed counts a failure. It reports whether the fault has begun with it.
func (f *Fault) Failed(err error) (begins bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	begins = f.since.IsZero()
	if begins {
		f.since, f.failures = time.Now(), 0
	}
	f.text = err.Error()
	f.failures++
	f.total++
	return begins
}

// Works says that there is no fault. ended reports whether there was one until now,
// and was is how that stood.
func (f *Fault) Works() (was State, ended bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	was = f.state()
	f.text, f.since, f.failures = "", time.Time{}, 0
	return was, !was.Since.IsZero()
}

// State returns how it stands.
func (f *Fault) State() State {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state()
}

// state is State. f.mu is held.
func (f *Fault) state() State { return State{f.text, f.since, f.failures, f.total} }

// Timestamp is since when there is a fault, in Unix seconds as metrics have it; 0:
// it works.
func (s State) Timestamp() float64 {
	if s.Since.IsZero() {
		return 0
	}
	return float64(s.Since.UnixMilli()) / 1000
}
