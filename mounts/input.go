package mounts

import (
	"context"
	"errors"
	"time"

	"relay/frames"
	"relay/icy"
)

// Kind says what an input is.
type Kind int

const (
	Live     Kind = iota // a source client
	Relayed              // pulled from another server
	Encoded              // the stream of another mount at another bit rate
	Fallback             // the stream of another mount
	Files                // music played by the server
	Silent               // frames without sound
)

func (k Kind) String() string {
	switch k {
	case Live:
		return "live"
	case Relayed:
		return "relay"
	case Encoded:
		return "rendition"
	case Fallback:
		return "fallback"
	case Files:
		return "files"
	case Silent:
		return "silence"
	}
	return "unknown"
}

// Reasons for an input to end that did not come from whoever feeds it.
var (
	ErrReplaced = errors.New("a new source took the mount")
	ErrKicked   = errors.New("removed by the operator")
	ErrNoLogin  = errors.New("its login was removed")
	ErrShutdown = errors.New("the server is shutting down")
)

// silentAfter is how long a live source may send no audio before it can no
// longer keep another one from the mount.
const silentAfter = 2 * time.Second

// Feed says what an input is and where it comes from.
type Feed struct {
	Kind     Kind
	Station  icy.Station
	Addr     string // IP address it comes from; empty for the server's own
	User     string // whose login it came with
	From     string // the mount whose stream a Fallback is
	OnDemand bool   // plays only while somebody wants it
}

// Input is one feed of a mount, on the air or waiting. Its methods may be
// called from any goroutine; frames come from one.
type Input struct {
	Feed
	Mount *Mount
	Since time.Time

	// Guarded by Mount.mu.
	rank     int  // the lowest that has something to play is on the air
	hasLogin bool // a live source whose user is configured, or was since it came
	title    Title
	late     *Title // came too soon after others, see titlePace
	pace     titlePace
	playing  bool          // has something to play
	audioAt  time.Time     // when it sent a frame; before the first, when it came
	onAir    chan struct{} // closed while it is on the air
	ended    bool
	cause    error
	arrivals *arrivals // nil: not measured
	leaving  string    // what Leaving said

	end chan struct{} // closed when it has ended
}

// Write gives the next frame. A live source or relay that is the best input
// takes the air with its first frame. The result says whether the frame was played;
// false means that another input is on the air.
func (in *Input) Write(f frames.Frame) bool {
	m := in.Mount
	defer m.registry.held.Write()
	m.mu.Lock()
	defer m.mu.Unlock()
	in.audioAt = time.Now()
	if in.ended {
		return false
	}
	if in.late != nil && in.pace.take(in.audioAt) {
		in.setTitle(*in.late)
	}
	if !in.playing {
		in.playing = true
		m.choose()
	}
	if m.onAir != in {
		return false
	}
	m.append(f, in.audioAt)
	return true
}

// Pause says that the input has nothing to play until its next frame, but
// keeps its place: the mount goes on, after its grace, with the next input, and
// lives on without one.
func (in *Input) Pause() {
	m := in.Mount
	defer m.registry.held.Write()
	m.mu.Lock()
	defer m.mu.Unlock()
	if in.ended || !in.playing {
		return
	}
	in.playing = false
	in.rest()
	if m.onAir == in {
		in.onAir = make(chan struct{})
		m.endTurn(turnPaused)
		m.registry.following.tell(m.Name)
		m.goOnWithout(in)
	}
}

// Resume says that a substitute has something to play again after a Pause: it
// is given the air before it writes.
func (in *Input) Resume() {
	m := in.Mount
	defer m.registry.held.Write()
	m.mu.Lock()
	defer m.mu.Unlock()
	if !in.ended && !in.playing {
		in.playing = true
		m.choose()
	}
}

// Retune replaces what the other side says of its station, as a relay learns
// it at every connection.
func (in *Input) Retune(s icy.Station) {
	in.Mount.mu.Lock()
	in.Station = s
	in.Mount.mu.Unlock()
	in.Mount.registry.following.tell(in.Mount.Name)
}

// WaitOnAir returns when the input is on the air, with the time since which
// the mount has played nothing: what was due since then may be sent at once.
// It is zero when the mount has never played.
func (in *Input) WaitOnAir(ctx context.Context) (silentSince time.Time, err error) {
	for {
		last, playing, taken := in.air()
		if playing {
			return last, nil
		}
		select {
		case <-taken:
		case <-in.end:
			return time.Time{}, in.Cause()
		case <-ctx.Done():
			return time.Time{}, ctx.Err()
		}
	}
}

// OnAir is WaitOnAir without the wait.
func (in *Input) OnAir() (silentSince time.Time, onAir bool) {
	silentSince, onAir, _ = in.air()
	return silentSince, onAir
}

func (in *Input) air() (last time.Time, playing bool, taken <-chan struct{}) {
	m := in.Mount
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.lastFrame, m.onAir == in, in.onAir
}

// Ended is closed when the input has ended, by Detach or because the mount
// had to let it go; Cause then says why.
func (in *Input) Ended() <-chan struct{} { return in.end }

// Cause returns why the input was ended from the mount's side, nil before and
// after a plain Detach.
func (in *Input) Cause() error {
	in.Mount.mu.Lock()
	defer in.Mount.mu.Unlock()
	return in.cause
}

// Detach takes the input from its mount. If it was on the air the mount keeps
// its listeners and, after its grace, goes on with the next input or ends.
func (in *Input) Detach() { in.Mount.end(in, nil) }

// Kick takes the input from its mount against its will.
func (in *Input) Kick() { in.Mount.end(in, ErrKicked) }

// Revoke takes a source from its mount that has no login there any more.
func (in *Input) Revoke() { in.Mount.end(in, ErrNoLogin) }
