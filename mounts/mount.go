package mounts

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"relay/frames"
	"relay/internal/logging"
)

// Mount is a named stream with the inputs that feed it and the listeners who
// follow it. It lives while it has an input, and for its grace thereafter.
type Mount struct {
	Name     string
	Stream   *Stream
	Audience Audience

	log       *zap.Logger
	registry  *Registry
	introFile introFile
	settings  atomic.Pointer[settings]

	mu             sync.Mutex
	inputs         []*Input // best first
	fallbacks      []string // the configured ones until they are replaced
	declared       []string // the configured ones
	onAir          *Input
	lastOnAir      *Input               // onAir, or who was there before the silence
	turn           Turn                 // of onAir, or the last one
	history        []Played             // oldest first
	kept           map[string]keptTitle // by user
	splicer        frames.Splicer
	meter          frames.Meter
	lastFrame      time.Time // zero: never
	format         frames.Header
	switched       bool        // the next frame is the first of another input
	grace          *time.Timer // runs while the lost source may come back
	graces         int         // how many there were
	received       int64       // bytes of frames played
	receivedBefore int64       // of which the totals know
	sources        int64       // live sources it was given
	began          time.Time
	totals         *totals
	awake          chan struct{} // closed when WaitPlaying must look again; nil: nobody waits
}

// InUseError says that a mount has a live source already.
type InUseError struct {
	Mount, Addr, Agent string
	Since              time.Time
}

func (e *InUseError) Error() string {
	return fmt.Sprintf("%s is in use by %s (%s) since %s", e.Mount, e.Addr, e.Agent, e.Since.Format(time.TimeOnly))
}

// attach adds an input. The registry's lock is held.
func (m *Mount) attach(in *Input) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.settleRank(in)
	back := in.Kind == Live && m.comesBack(in)
	if in.Kind == Live {
		old := m.liveOf(in.rank)
		if old != nil {
			if !m.givesWay(old, in) {
				return &InUseError{Mount: m.Name, Addr: old.Addr, Agent: old.Station.Agent, Since: old.Since}
			}
			m.remove(old, ErrReplaced)
			m.startGrace()
			back = true
		}
		m.restoreTitle(in, old)
	}
	at := 0
	for at < len(m.inputs) && m.inputs[at].rank <= in.rank {
		at++
	}
	m.inputs = append(m.inputs[:at], append([]*Input{in}, m.inputs[at:]...)...)
	if in.Kind == Live {
		m.sources++
		m.totals.count(func(t *Totals) {
			t.Sources++
			if back {
				t.Reconnects++
			}
		})
	}
	m.choose()
	return nil
}

// end takes an input off its mount, for a cause or, from its own side, none.
func (m *Mount) end(in *Input, cause error) {
	defer m.registry.held.Write()
	m.registry.mu.Lock()
	defer m.registry.mu.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	if in.ended {
		return
	}
	m.remove(in, cause)
	m.goOnWithout(in)
}

// goOnWithout finds something to play when an input is off the air: another
// substitute at once, and after the grace when a source may come back. m.mu is
// held.
func (m *Mount) goOnWithout(in *Input) {
	if in.Kind > Encoded {
		m.choose()
	}
	m.startGrace()
}

// startGrace gives a mount that plays nothing its time to wait for a source to
// come back. m.mu is held.
func (m *Mount) startGrace() {
	if m.onAir != nil || m.grace != nil {
		return
	}
	m.graces++
	which := m.graces
	m.grace = time.AfterFunc(time.Duration(m.Config().Grace), func() { m.endGrace(which) })
}

// remove takes an input out of the list and off the air. m.mu is held.
func (m *Mount) remove(in *Input, cause error) {
	for i, other := range m.inputs {
		if other == in {
			m.inputs = append(m.inputs[:i], m.inputs[i+1:]...)
			break
		}
	}
	in.rest()
	if in.Kind == Live {
		m.keepTitle(in)
	}
	in.ended, in.cause = true, cause
	close(in.end)
	if m.onAir == in {
		m.endTurn(reasonOf(cause))
	}
	m.registry.following.tell(m.Name)
}

// endGrace goes on with the next input, or ends the mount when there is none.
// A grace that was over before its timer could be stopped is passed over.
func (m *Mount) endGrace(which int) {
	defer m.registry.held.Write()
	m.registry.mu.Lock()
	defer m.registry.mu.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.grace == nil || m.graces != which {
		return
	}
	m.grace = nil
	if len(m.inputs) == 0 {
		m.registry.forget(m)
		return
	}
	m.choose()
}

// choose puts the best input that plays on the air. While a lost source may
// still come back no substitute follows it. m.mu is held.
func (m *Mount) choose() {
	for _, in := range m.inputs {
		if !in.playing || (m.grace != nil && in.Kind > Encoded) {
			continue
		}
		if m.onAir != in {
			m.putOnAir(in)
		}
		return
	}
}

// staleAfter is how long a mount may be silent before what it played is from
// another time: those who come later are no longer given it as their burst.
const staleAfter = 10 * time.Second

func (m *Mount) putOnAir(in *Input) {
	if m.onAir != nil {
		m.onAir.onAir = make(chan struct{})
		m.endTurn(turnPassed)
	}
	if in.Kind == Relayed && m.comesBack(in) {
		m.totals.count(func(t *Totals) { t.Reconnects++ })
	}
	if m.grace != nil {
		m.grace.Stop()
		m.grace = nil
	}
	if !m.lastFrame.IsZero() && time.Since(m.lastFrame) > staleAfter {
		m.Stream.freshen()
	}
	m.onAir, m.lastOnAir, m.switched = in, in, true
	close(in.onAir)
	m.wake()
	m.splicer.Cut()
	m.meter = frames.Meter{}
	m.announce(in.title)
	m.beginTurn()
	m.say(zap.InfoLevel, "on the air", zap.Stringer("input", in.Kind), zap.String("name", in.Station.Name))
}

// say holds a line until the locks are released. m.mu is held.
func (m *Mount) say(level zapcore.Level, message string, fields ...zap.Field) {
	fields = append(fields, zap.String("mount", m.Name), logging.LimitPer(m.Name))
	m.registry.held.Add(m.log.Check(level, message), fields...)
}

// comesBack reports whether a source takes up within the grace what one of its
// kind and rank has lost. m.mu is held.
func (m *Mount) comesBack(in *Input) bool {
	lost := m.lastOnAir
	return m.grace != nil && lost != nil && lost.Kind == in.Kind && lost.rank == in.rank
}

// append plays one frame. m.mu is held.
func (m *Mount) append(f frames.Frame, now time.Time) {
	m.Stream.append(m.splicer.Pass(f))
	m.meter.Add(f.Header)
	m.received += int64(f.Size)
	if m.switched {
		m.switched = false
		m.tellFormatChange(f.Header)
		defer m.registry.following.tell(m.Name) // of a bit rate that is measured
	}
	m.lastFrame, m.format = now, f.Header
}

// Playing reports whether an input is on the air, or was a moment ago and may
// come back within the grace.
func (m *Mount) Playing() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.onAir != nil || m.grace != nil
}

// ServerEnds reports whether the server is about to end, which is why the mount does.
func (m *Mount) ServerEnds() bool { return m.registry.isEnding() }

// Format returns the header of the last frame that was played; ok is false
// before there was any.
func (m *Mount) Format() (h frames.Header, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.format, m.format.Size > 0
}

// SourceOf returns the live source that came with the login of a user, or else
// the one that Source returns.
func (m *Mount) SourceOf(user string) *Input {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, in := range m.inputs {
		if in.Kind == Live && user != "" && in.User == user {
			return in
		}
	}
	return m.source()
}

// LiveSources returns the inputs that source clients feed, those that wait too.
func (m *Mount) LiveSources() []*Input {
	m.mu.Lock()
	defer m.mu.Unlock()
	var live []*Input
	for _, in := range m.inputs {
		if in.Kind == Live {
			live = append(live, in)
		}
	}
	return live
}

// Source returns the live source or relay that holds the mount, or nil.
func (m *Mount) Source() *Input {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.source()
}

func (m *Mount) source() *Input {
	if len(m.inputs) > 0 && m.inputs[0].Kind <= Encoded {
		return m.inputs[0]
	}
	return nil
}

// tellFormatChange warns of an input that some players must begin anew for.
func (m *Mount) tellFormatChange(to frames.Header) {
	from := m.format
	if from.Size == 0 || from.SampleRate == to.SampleRate && from.Channels == to.Channels {
		return
	}
	m.say(zap.WarnLevel, "the format changes with the input: give all inputs of a mount the same one",
		zap.Int("sample rate", to.SampleRate), zap.Int("channels", to.Channels),
		zap.Int("sample rate before", from.SampleRate), zap.Int("channels before", from.Channels))
}

// liveSources counts the live sources of the mount.
func (m *Mount) liveSources() (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, in := range m.inputs {
		if in.Kind == Live {
			n++
		}
	}
	return n
}
