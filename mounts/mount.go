package mounts

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"relay/codec"
	"relay/icy"
	"relay/internal/logging"
)

// Mount is a named stream with the inputs that feed it and its listeners. It exists
// while it has an input, and for its grace after that.
type Mount struct {
	Name     string
	Stream   *Stream
	Audience Audience

	log       *zap.Logger
	registry  *Registry
	introFile introFile
	settings  atomic.Pointer[settings]
	bitRate   atomic.Int64 // bit/s as measured; 0 before the first unit

	mu             sync.Mutex
	inputs         []*Input // best first
	fallbacks      []string // the configured fallbacks until they are replaced
	declared       []string // the configured fallbacks
	onAir          *Input
	called         *Input               // writes already, and takes the air when its audio is converted; nil: none
	lastOnAir      *Input               // onAir, or the input before the silence
	airtime        Airtime              // of onAir, or the last one
	history        []Played             // oldest first
	known          icy.Station          // the station words of the last input that was not a stand-in
	kept           map[string]keptTitle // by user
	splicer        codec.Splicer        // nil: nothing has played
	meter          codec.Meter
	lastFrame      time.Time // of an input; zero: never
	published      time.Time // when the stream last grew, by silence too
	clock          clock
	watcher        *time.Timer  // see watch; nil: it does not run
	pause          pause        // to correct the lead in
	leaving        int          // number of units that are still to be left out
	last           codec.Unit   // the last unit of an input, without its data
	told           string       // the media type that the listeners were told; empty: there are none
	settled        codec.Format // of the last input that played while nobody listened, see Format
	switched       bool         // the next unit is the first one of another input
	grace          *time.Timer  // runs while the lost source may come back
	graces         int          // number of graces so far
	extended       int          // the last grace that was extended for a conversion
	received       int64        // bytes of units played
	receivedBefore int64        // part of received that is included in the totals
	sources        int64        // number of live sources so far
	began          time.Time
	totals         *totals
	awake          chan struct{} // closed when WaitPlaying must look again; nil: nothing waits
}

// InUseError means that a mount already has a live source.
type InUseError struct {
	Mount string
	Addr  netip.Addr
	Agent string
	Since time.Time
}

func (e *InUseError) Error() string {
	return fmt.Sprintf("%s is in use by %s (%s) since %s", e.Mount, e.Addr, e.Agent, e.Since.Format(time.TimeOnly))
}

// attach adds an input. The registry's lock is held.
func (m *Mount) attach(in *Input) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if in.Kind == LiveSource {
		if err := m.refuses(in); err != nil {
			return err
		}
	}
	m.settleRank(in)
	back := in.Kind == LiveSource && m.comesBack(in)
	if in.Kind == LiveSource {
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
	if in.Kind == LiveSource {
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

// end removes an input from its mount; cause is nil if it ends from its own side.
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

// goOnWithout finds something to play after an input has left the air: another stand-in
// at once, or, if a source may come back, after the grace. m.mu is held.
func (m *Mount) goOnWithout(in *Input) {
	if in.Kind > Encoded {
		m.choose()
	}
	m.startGrace()
}

// startGrace starts the time for which a mount without an input on the air waits for a
// source to come back. m.mu is held.
func (m *Mount) startGrace() {
	if m.onAir != nil || m.grace != nil {
		return
	}
	m.graces++
	which := m.graces
	m.grace = time.AfterFunc(time.Duration(m.Config().Grace), func() { m.endGrace(which) })
	m.watch(time.Now())
}

// remove takes an input off the list and off the air. m.mu is held.
func (m *Mount) remove(in *Input, cause error) {
	for i, other := range m.inputs {
		if other == in {
			m.inputs = append(m.inputs[:i], m.inputs[i+1:]...)
			break
		}
	}
	in.rest()
	in.endConversion()
	if m.called == in {
		m.called = nil
	}
	if in.Kind == LiveSource {
		m.keepTitle(in)
	}
	in.ended, in.cause = true, cause
	close(in.end)
	if m.onAir == in {
		m.endAirtime(reasonOf(cause))
	}
	m.registry.subscribers.tell(m.Name)
}

// endGrace continues with the next input, or ends the mount if there is none. It
// ignores a grace that was over before its timer could be stopped.
func (m *Mount) endGrace(which int) {
	defer m.registry.held.Write()
	m.registry.mu.Lock()
	defer m.registry.mu.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.grace == nil || m.graces != which {
		return
	}
	if m.awaitsSource() && m.extended != which {
		m.extended = which
		m.grace = time.AfterFunc(conversionStart, func() { m.endGrace(which) })
		return
	}
	m.grace = nil
	if len(m.inputs) == 0 {
		m.registry.forget(m)
		return
	}
	m.choose()
}

// choose puts the best input that plays on the air. While a lost source may still come
// back, no stand-in follows it. An input of another format takes the air when its audio
// is converted: until then what is on the air stays there. m.mu is held.
func (m *Mount) choose() {
	m.forgetTold()
	var called *Input
	defer func() { m.call(called) }()
	for _, in := range m.byFit() {
		switch {
		case !in.playing || (m.grace != nil && in.Kind > Encoded) || in.Kind <= Fallback && in.clashes(in.came): // files and silence can come in another codec
		case m.onAir == in:
			return
		case m.awaitsConversion(in):
			if called == nil {
				called = in
			}
		case called == nil || m.onAir != nil:
			m.putOnAir(in)
			return
		}
	}
}

// staleAfter is how long a mount may be silent before its past audio is too old to be
// the burst of new listeners.
const staleAfter = 10 * time.Second

// isStale reports whether the mount has been silent for that long. m.mu is held.
func (m *Mount) isStale(now time.Time) bool {
	return !m.published.IsZero() && now.Sub(m.published) > staleAfter
}

func (m *Mount) putOnAir(in *Input) {
	now := time.Now()
	if m.onAir != nil {
		m.onAir.leaveAir()
		m.endAirtime(turnPassed)
		in.expectBurst(now)
	}
	if in.Kind == Relayed && m.comesBack(in) {
		m.totals.count(func(t *Totals) { t.Reconnects++ })
	}
	if m.grace != nil {
		m.grace.Stop()
		m.grace = nil
	}
	if m.isStale(now) {
		m.Stream.freshen()
	}
	m.startClock(in, now)
	if in.Kind == Fallback {
		in.takeOn(Title{}, 0) // the title from when it was last on the air is over
	}
	m.onAir, m.lastOnAir, m.switched = in, in, true
	m.know(in)
	in.summon()
	m.wake()
	if m.splicer != nil {
		m.splicer.Cut()
	}
	m.meter = codec.Meter{}
	m.announce()
	m.beginAirtime()
	m.say(zap.InfoLevel, "on the air", zap.Stringer("input", in.Kind), zap.String("name", in.Station.Name))
}

// say keeps a line until the locks are released. m.mu is held.
func (m *Mount) say(level zapcore.Level, message string, fields ...zap.Field) {
	fields = append(fields, zap.String("mount", m.Name), logging.LimitPer(m.Name))
	m.registry.held.Add(m.log.Check(level, message), fields...)
}

// comesBack reports whether a source returns, within the grace, in place of a lost one
// of the same kind and rank. m.mu is held.
func (m *Mount) comesBack(in *Input) bool {
	lost := m.lastOnAir
	return m.grace != nil && lost != nil && lost.Kind == in.Kind && lost.rank == in.rank
}

// append plays one unit. m.mu is held.
func (m *Mount) append(f codec.Unit, now time.Time) {
	if m.switched {
		m.switched = false
		m.splice(now)
		m.settleFormat(f.Format)
		defer m.registry.subscribers.tell(m.Name) // a measured bit rate may have changed
	}
	if m.splicer == nil || m.last.Format.Codec != f.Format.Codec {
		if m.adopts() {
			m.settleFormat(f.Format)
		}
		m.splicer = f.Format.Codec.NewSplicer()
		m.Stream.freshen() // nobody gets two codecs
	}
	if m.onAir.Kind.keepsOwnTime() && m.keepLevel(f, now) {
		return
	}
	if !m.Config().Chained {
		f.Tags = nil // the link goes on
	}
	m.clock.came(now, f.Length)
	played := f
	played.Data = m.splicer.Pass(f)
	m.publish(played, now)
	m.meter.Add(f)
	m.bitRate.Store(int64(m.meter.BitRate()))
	m.received += int64(len(f.Data))
	m.lastFrame, m.last = now, codec.Unit{Format: f.Format, Length: f.Length, BitRate: f.BitRate}
	m.watch(now)
}

// splice prepares the stream for the first unit of another input. m.mu is held.
func (m *Mount) splice(now time.Time) {
	if !m.onAir.Kind.playsAhead() {
		m.bridge(now, min(maxOwedAtSplice, m.reserve()))
	}
}

// BitRate returns the bit rate of the last seconds in bit/s, 0 before the first unit.
// It takes no lock.
func (m *Mount) BitRate() int64 { return m.bitRate.Load() }

// PlayingTime returns how long so many bytes of the stream play at BitRate; 0 before
// there is one.
func (m *Mount) PlayingTime(bytes int64) time.Duration {
	rate := m.BitRate()
	if rate == 0 {
		return 0
	}
	return time.Duration(bytes) * 8 * time.Second / time.Duration(rate)
}

// Playing reports whether an input is on the air, or was a moment ago and may come back
// within the grace.
func (m *Mount) Playing() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.onAir != nil || m.grace != nil
}

// ServerEnds reports whether the mount ends because the server is about to end.
func (m *Mount) ServerEnds() bool { return m.registry.isEnding() }

// LastUnit returns the last unit of an input that was played, without its data; ok is
// false before the first one.
func (m *Mount) LastUnit() (u codec.Unit, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last, m.last.Length > 0
}

// SourceOf returns the live source that connected with the login of a user, otherwise
// the one that Source returns.
func (m *Mount) SourceOf(user string) *Input {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, in := range m.inputs {
		if in.Kind == LiveSource && user != "" && in.User == user {
			return in
		}
	}
	return m.source()
}

// LiveSources returns the inputs of source clients, waiting ones included.
func (m *Mount) LiveSources() []*Input {
	m.mu.Lock()
	defer m.mu.Unlock()
	var live []*Input
	for _, in := range m.inputs {
		if in.Kind == LiveSource {
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

// liveSources returns the number of live sources of the mount.
func (m *Mount) liveSources() (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, in := range m.inputs {
		if in.Kind == LiveSource {
			n++
		}
	}
	return n
}
