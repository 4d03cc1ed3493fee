// Package fault tracks a fault that lasts for a while, such as a full disk.
//
//	in:   each failure, and each success
//	out:  when to log (once at the beginning, once at the end), what is wrong now
//	      and since when, and how often it has failed
package fault

import (
	"sync"
	"time"
)

// Fault is the state of one thing that can fail. The zero value is ready to use. Safe
// for concurrent use.
type Fault struct {
	mu       sync.Mutex
	text     string
	since    time.Time // zero: no fault
	failures int64     // of the present fault
	total    int64
}

// State is a Fault at one moment.
type State struct {
	Text     string    // what is wrong; empty: nothing
	Since    time.Time // zero: no fault
	Failures int64     // since then
	Total    int64     // since the start
}

// Failed counts a failure. It reports whether a fault begins with it.
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

// Works records that there is no fault now. ended reports whether there was one until
// now, and was is its last state.
func (f *Fault) Works() (was State, ended bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	was = f.state()
	f.text, f.since, f.failures = "", time.Time{}, 0
	return was, !was.Since.IsZero()
}

// State returns the present state.
func (f *Fault) State() State {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state()
}

// state is State. f.mu is held.
func (f *Fault) state() State { return State{f.text, f.since, f.failures, f.total} }

// Timestamp returns the beginning of the fault for metrics, in Unix seconds; 0: no
// fault.
func (s State) Timestamp() float64 {
	if s.Since.IsZero() {
		return 0
	}
	return float64(s.Since.UnixMilli()) / 1000
}
