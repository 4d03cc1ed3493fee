package mounts

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"relay/codec"
	"relay/icy"
)

// Kind is the kind of an input.
type Kind int

const (
	LiveSource Kind = iota // a source client
	Relayed                // pulled from another server
	Encoded                // the stream of another mount at another bit rate
	Fallback               // the stream of another mount
	Files                  // music played by the server
	Silent                 // units without sound
)

// keepsOwnTime reports whether audio of this kind comes when its sender sends it.
func (k Kind) keepsOwnTime() bool { return k <= Fallback }

// playsAhead reports whether an input of this kind can play faster than the clock, and
// so make up for what listeners are owed.
func (k Kind) playsAhead() bool { return k > Relayed }

func (k Kind) String() string {
	switch k {
	case LiveSource:
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

// Reasons for an input to end that do not come from its feeder.
var (
	ErrReplaced = errors.New("a new source took over the mount")
	ErrKicked   = errors.New("removed by the operator")
	ErrNoLogin  = errors.New("its login was removed")
	ErrShutdown = errors.New("the server is shutting down")
)

// silentAfter is how long a live source may send no audio before another source may
// replace it.
const silentAfter = 2 * time.Second

// Feed describes an input and its origin.
type Feed struct {
	Kind     Kind
	Station  icy.Station
	Addr     netip.Addr   // of the input; zero for the server's own
	User     string       // the user of its login
	From     string       // the mount whose stream a Fallback plays
	Spare    bool         // Files with the lowest priority of all inputs but silence
	OnDemand bool         // plays only on demand
	Paused   bool         // has nothing to play before Resume
	Format   codec.Format // of the units of a Fallback, see ExpectFormat
}

// Input is one feed of a mount, on the air or waiting. Its methods may be called from
// any goroutine, but Write only from one.
type Input struct {
	Feed
	Mount *Mount
	Since time.Time

	// Guarded by Mount.mu.
	rank             int  // the lowest rank that has something to play is on the air
	hasLogin         bool // a live source whose user is configured, or was when it connected
	title            Title
	play             int64      // of title, see Play.ID
	named            play       // the last play with a title
	late             *lateTitle // a title that came too soon after others, see titlePace
	pace             titlePace
	cover            *Cover        // of its title; nil: none
	playing          bool          // has something to play
	clashed          bool          // its last unit could not be played, see Clashes
	audioAt          time.Time     // when it last sent a unit; before the first one, when it connected
	ends             time.Time     // when all audio that it sent will have been played, if it began to play with the first; repeats do not count
	heldAt           time.Time     // when it was last held back, see AwaitRoom
	heldBack         time.Duration // for how long in all
	onAir            chan struct{} // closed while it is on the air
	ended            bool
	cause            error
	jitter           *jitterMeter // nil: not measured
	disconnectReason string       // set by SetDisconnectReason
	summoned         bool         // onAir is closed
	heardFrames
	conversion
	conversions int // how many have begun

	end chan struct{} // closed when it has ended
}

// Write adds the next unit. A live source or relay that is the best input takes the
// air with its first unit. The result reports whether the unit was played; false
// means that another input is on the air.
func (in *Input) Write(f codec.Unit) bool {
	m := in.Mount
	defer m.registry.held.Write()
	m.mu.Lock()
	defer m.mu.Unlock()
	in.audioAt = time.Now()
	if in.ended {
		return false
	}
	m.forgetTold()
	if in.late != nil && in.pace.take(in.audioAt) {
		in.setTitle(in.late.Title, in.late.play)
	}
	if in.repeat == nil {
		return in.playFrame(f)
	}
	for _, f := range in.leaveOutExcess(in.leaveOutRepeated(f, in.audioAt), in.audioAt) {
		in.playFrame(f)
	}
	return m.onAir == in
}

// playFrame plays a unit, or gives it to the input's conversion. The result reports
// whether the input has the air. m.mu is held.
func (in *Input) playFrame(f codec.Unit) bool {
	m := in.Mount
	if in.ends.Before(in.audioAt) {
		in.ends = in.audioAt
	}
	in.ends = in.ends.Add(f.Length)
	if in.bursts && in.fresh.IsZero() {
		in.fresh = in.audioAt
	}
	if in.convert(f) {
		if m.onAir == in {
			in.add(f, in.audioAt)
		}
		return m.onAir == in || m.called == in
	}
	clashed := in.clashed
	in.clashed = in.clashes(f.Format)
	if !in.playing || clashed && !in.clashed {
		in.playing = true
		m.choose()
	}
	if m.onAir == in && in.clashed && in.Kind <= Fallback {
		in.giveUpAir()
	}
	if m.onAir != in || in.clashed {
		return false
	}
	in.add(f, in.audioAt)
	if !in.leaveOutBurst(f, in.audioAt) {
		m.append(f, in.audioAt)
	}
	return true
}

// giveUpAir leaves the air to another input because what comes now cannot be played. m.mu
// is held.
func (in *Input) giveUpAir() {
	m := in.Mount
	in.leaveAir()
	m.endAirtime(turnClashed)
	m.registry.subscribers.tell(m.Name)
	m.choose()
	m.startGrace()
}

// Pause means that the input has nothing to play until its next unit, but keeps its
// place: after its grace, the mount continues with the next input, or remains without
// one.
func (in *Input) Pause() {
	in.drain()
	m := in.Mount
	defer m.registry.held.Write()
	m.mu.Lock()
	defer m.mu.Unlock()
	if in.ended || !in.playing {
		return
	}
	in.playing = false
	in.rest()
	in.endConversion()
	if m.called == in {
		m.choose()
	}
	if m.onAir == in {
		in.leaveAir()
		m.endAirtime(turnPaused)
		m.registry.subscribers.tell(m.Name)
		m.goOnWithout(in)
	}
}

// Resume means that a fallback or other input of the server's own has something to play
// again after a Pause: it may take the air before it writes.
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

// Retune replaces the station words of the upstream, which a relay receives with every
// connection.
func (in *Input) Retune(s icy.Station) {
	in.Mount.mu.Lock()
	in.Station = s
	if in.Mount.onAir == in {
		in.Mount.know(in)
	}
	in.Mount.mu.Unlock()
	in.Mount.registry.subscribers.tell(in.Mount.Name)
}

// WaitOnAir returns when the input is on the air. The error is that of ctx, or why the
// input ended.
func (in *Input) WaitOnAir(ctx context.Context) error {
	for {
		playing, taken := in.air()
		if playing {
			return nil
		}
		select {
		case <-taken:
		case <-in.end:
			return in.Cause()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// OnAir reports whether the input is on the air.
func (in *Input) OnAir() bool {
	playing, _ := in.air()
	return playing
}

// IsPassedOver reports whether another input is on the air: what is left of an input that
// ends would interrupt it for a moment.
func (in *Input) IsPassedOver() bool {
	in.Mount.mu.Lock()
	defer in.Mount.mu.Unlock()
	return in.isPassedOver()
}

func (in *Input) isPassedOver() bool {
	m := in.Mount
	return m.onAir != nil && m.onAir != in
}

func (in *Input) air() (playing bool, taken <-chan struct{}) {
	m := in.Mount
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.onAir == in || m.called == in, in.onAir
}

// Ended returns a channel that is closed when the input has ended, by Detach or because
// the mount ended it; Cause then returns why.
func (in *Input) Ended() <-chan struct{} { return in.end }

// Cause returns why the mount ended the input. It is nil before that, and after a plain
// Detach.
func (in *Input) Cause() error {
	in.Mount.mu.Lock()
	defer in.Mount.mu.Unlock()
	return in.cause
}

// Detach removes the input from its mount. If it was on the air, the mount keeps its
// listeners and, after its grace, continues with the next input or ends.
func (in *Input) Detach() {
	in.drain()
	in.Mount.end(in, nil)
}

// Kick disconnects the input from its mount.
func (in *Input) Kick() { in.Mount.end(in, ErrKicked) }

// Revoke removes a source that no longer has a login on its mount.
func (in *Input) Revoke() { in.Mount.end(in, ErrNoLogin) }

// InputStatus is one input of a mount at one moment.
type InputStatus struct {
	Feed
	Title Title
	Since time.Time // when it connected
	OnAir bool
	Ready bool // has something to play

	CameAs    codec.Format // format of its audio as it comes; zero: unknown
	Converted bool         // to the format of the mount
	Problem   error        // why it cannot be converted although it should; nil: none

	Reception *Reception // nil for all but live sources and relays
}

// Inputs returns the inputs of the mount, waiting ones included, best first.
func (m *Mount) Inputs() []InputStatus {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := make([]InputStatus, 0, len(m.inputs))
	for _, in := range m.inputs {
		list = append(list, InputStatus{
			Feed: in.Feed, Title: in.title, Since: in.Since, OnAir: m.onAir == in, Ready: in.playing, Reception: in.reception(),
			CameAs: in.came, Converted: in.by != nil && in.ready, Problem: in.problem,
		})
	}
	return list
}
