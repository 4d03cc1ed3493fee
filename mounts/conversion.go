package mounts

import (
	"cmp"
	"context"
	"io"
	"slices"
	"time"

	"go.uber.org/zap"

	"relay/codec"
)

// A Converter brings the audio of inputs and intros to the format of their mount. Its
// methods must not wait, and must not call back before they have returned.
type Converter interface {
	// Problem returns why nothing can be converted, or nil.
	Problem() error
	// Begin begins a conversion. The caller ends it.
	Begin(ConversionOrder) Conversion
	// Convert returns the audio of a file in another format. Reading it may wait, and
	// fails if it cannot be converted. The caller closes it; ctx ends the conversion.
	Convert(ctx context.Context, audio io.ReadCloser, to codec.Format) io.ReadCloser
}

// ConversionOrder says what to convert, and where the result goes. The functions are
// called from one goroutine.
type ConversionOrder struct {
	Mount   string
	Input   string // its kind
	To      codec.Format
	BitRate int              // as the input announced it, in kbit/s; 0: unknown
	Play    func(codec.Unit) // takes each converted unit, which is valid during the call
	Failed  func(error)      // is told of a failure; the conversion begins again after a pause
}

// A Conversion takes the units of an input. It never makes its caller wait, except in
// Drain.
type Conversion interface {
	// Write adds a unit. A unit that has the wanted format already stays as it is.
	Write(codec.Unit)
	// Then calls do when the audio written so far has been played.
	Then(do func())
	// Drain returns when the audio written so far has been played, or after a time.
	Drain(time.Duration)
	// End drops the audio that has not been played. It does not wait for the goroutine.
	End()
}

// ConvertWith sets the converter. It must be called before the first mount is created.
// Without one, audio of any format plays as it comes.
func (r *Registry) ConvertWith(c Converter) { r.converter = c }

const (
	// drainTime bounds how long an input that ends or pauses waits for its last audio.
	drainTime = 500 * time.Millisecond

	// conversionStart is by how much a grace is extended for a source whose audio has
	// come and is being converted.
	conversionStart = time.Second

	// tryAgainAfter is how long a stand-in whose conversion has failed is not asked to
	// play.
	tryAgainAfter = 30 * time.Second
)

// conversion is how an input gets the format of its mount. The zero value is an input
// that needs none. Guarded by Mount.mu.
type conversion struct {
	came    codec.Format // of the audio as the feeder has it; zero: unknown
	by      Conversion   // nil: units are played as they come
	to      codec.Format
	made    codec.Format // of the last unit that came out
	ready   bool         // converted audio has come
	problem error        // why it cannot be converted; nil: it can
	since   time.Time    // when a conversion failed; zero: there was none
}

// ExpectFormat says which format the units of a fallback will have, so that the mount
// knows before it puts the input on the air.
func (in *Input) ExpectFormat(f codec.Format) {
	m := in.Mount
	defer m.registry.held.Write()
	m.mu.Lock()
	defer m.mu.Unlock()
	in.came = f
	if in.playing && m.onAir != in && m.called != in {
		m.choose() // it may fit by now
	}
}

// isConvertible reports whether the audio of an input goes through a Converter if it
// has another format than the mount. Files are converted before they are played, unless
// the mount has got another codec since, and silence is made as it is needed. m.mu is held.
func (in *Input) isConvertible() bool {
	late := in.Kind == Files && in.came.Codec != in.Mount.ownFormat().Codec
	return (in.Kind <= Fallback || late) && in.Mount.registry.converter != nil
}

// misfits reports whether the audio of an input has another format than the mount, and
// listeners would hear the change. m.mu is held.
func (in *Input) misfits() bool {
	m := in.Mount
	return in.isConvertible() && in.came.IsWhole() && !m.fits(in.came) && (m.onAir == in || !m.adopts() || m.hasOtherCodec(in.came))
}

// hasOtherCodec reports whether the configuration wants another codec than that of f: what
// new listeners are told must be true of all that they get. m.mu is held.
func (m *Mount) hasOtherCodec(f codec.Format) bool {
	c := m.configuredFormat().Codec
	return c != nil && c != f.Codec
}

// convert gives a unit to the input's conversion, which begins if it must. The result
// reports whether the unit is to be left to the conversion. m.mu is held.
func (in *Input) convert(f codec.Unit) bool {
	m := in.Mount
	in.came = f.Format
	if wanted := in.wanted(); in.by != nil && in.to != wanted && !in.made.Fits(wanted) {
		in.endConversion()
	}
	if in.by == nil {
		called := in.Kind <= Encoded || m.onAir == in || m.called == in
		if !called || !in.misfits() || m.problemOf(in) != nil {
			return false
		}
		in.beginConversion()
	}
	in.by.Write(f)
	return in.problem == nil
}

// wanted returns the format that a conversion gives an input: that of the mount. m.mu is
// held.
func (in *Input) wanted() codec.Format {
	own := in.Mount.ownFormat()
	return codec.Format{Codec: cmp.Or(own.Codec, in.came.Codec), SampleRate: own.SampleRate, Channels: own.Channels}
}

// beginConversion begins to convert the audio of an input. m.mu is held.
func (in *Input) beginConversion() {
	m, to := in.Mount, in.wanted()
	m.say(zap.InfoLevel, "the input has another format than the mount: it is converted", zap.Stringer("input", in.Kind),
		zap.Stringer("from", in.came), zap.Stringer("to", to))
	in.conversion = conversion{came: in.came, to: to}
	in.conversions++
	which := in.conversions
	in.by = m.registry.converter.Begin(ConversionOrder{
		Mount: m.Name, Input: in.Kind.String(), To: to, BitRate: in.Station.BitRate,
		Play:   func(f codec.Unit) { in.playConverted(which, f) },
		Failed: func(err error) { in.conversionFailed(which, err) },
	})
}

// endConversion drops what has not been played. m.mu is held.
func (in *Input) endConversion() {
	if in.by != nil {
		in.by.End()
		in.conversion = conversion{came: in.came, problem: in.problem, since: in.since}
	}
}

// drain waits until the audio that the input has written is played, for a limited time. If
// another input plays, there is nothing to wait for.
func (in *Input) drain() {
	in.Mount.mu.Lock()
	by, isPlayed := in.by, !in.isPassedOver()
	in.Mount.mu.Unlock()
	if by != nil && isPlayed {
		by.Drain(drainTime)
	}
}

// after calls do when the audio that the input has written is played: at once if there
// is no conversion.
func (in *Input) after(do func()) {
	in.Mount.mu.Lock()
	by := in.by
	in.Mount.mu.Unlock()
	if by == nil {
		do()
		return
	}
	by.Then(do)
}

// playConverted plays a unit of a conversion. The first one may put the input on the
// air. What the input had sent until then follows as fast as the encoder works, so the
// surplus is left out.
func (in *Input) playConverted(which int, f codec.Unit) {
	m := in.Mount
	defer m.registry.held.Write()
	m.mu.Lock()
	defer m.mu.Unlock()
	if in.ended || in.by == nil || in.conversions != which {
		return
	}
	in.made = f.Format
	if !in.ready || !in.playing {
		in.ready, in.playing, in.problem = true, true, nil
		m.choose()
		m.registry.subscribers.tell(m.Name)
	}
	now := time.Now()
	if m.onAir != in || now.Sub(m.airtime.Since) < burstFor && in.leaveOutSurplus(f, now) {
		return
	}
	m.append(f, now)
}

// conversionFailed leaves the air to inputs that fit, if there are any.
func (in *Input) conversionFailed(which int, err error) {
	m := in.Mount
	defer m.registry.held.Write()
	m.mu.Lock()
	defer m.mu.Unlock()
	if in.ended || in.by == nil || in.conversions != which {
		return
	}
	in.ready, in.problem, in.since = false, err, time.Now()
	if in.Kind > Encoded {
		in.endConversion()
	}
	m.choose()
	m.registry.subscribers.tell(m.Name)
}

// problemOf returns why an input of another format cannot be converted, or nil. m.mu is
// held.
func (m *Mount) problemOf(in *Input) error {
	if in.by != nil {
		return in.problem
	}
	if !in.misfits() {
		in.problem = nil
		return nil
	}
	problem := m.registry.converter.Problem()
	switch {
	case problem != nil:
		if in.problem == nil || in.problem.Error() != problem.Error() {
			m.say(zap.WarnLevel, "the input has another format than the mount and cannot be converted: it plays if there is nothing else, and not at all if its codec is another",
				zap.Stringer("input", in.Kind), zap.Stringer("format", in.came), zap.Stringer("format of the mount", m.ownFormat()), zap.Error(problem))
		}
		in.problem, in.since = problem, time.Time{}
	case time.Since(in.since) >= tryAgainAfter:
		in.problem = nil
	}
	return in.problem
}

// conversionsNow counts the inputs whose audio is converted, and those whose audio
// should be and cannot. m.mu is held.
func (m *Mount) conversionsNow() (running, failed int) {
	for _, in := range m.inputs {
		switch {
		case in.problem != nil:
			failed++
		case in.by != nil:
			running++
		}
	}
	return running, failed
}

// byFit returns the inputs in the order in which they are put on the air: those that
// cannot get the mount's format come after all that have it, but before the interlude
// and silence. m.mu is held.
func (m *Mount) byFit() []*Input {
	place := map[*Input]int{}
	for _, in := range m.inputs {
		switch {
		case in.Spare || in.Kind == Silent:
			place[in] = 2
		case m.problemOf(in) != nil:
			place[in] = 1
		}
	}
	list := slices.Clone(m.inputs)
	slices.SortStableFunc(list, func(a, b *Input) int { return place[a] - place[b] })
	return list
}

// awaitsConversion reports whether an input takes the air with its first converted
// unit. m.mu is held.
func (m *Mount) awaitsConversion(in *Input) bool {
	if in.by != nil {
		return !in.ready && in.problem == nil
	}
	return in.misfits() && m.problemOf(in) == nil
}

// awaitsSource reports whether a source or relay has come back whose first converted
// unit has not. m.mu is held.
func (m *Mount) awaitsSource() bool {
	return slices.ContainsFunc(m.inputs, func(in *Input) bool {
		return in.Kind <= Encoded && in.by != nil && !in.ready && in.problem == nil
	})
}

// call asks the feeder of an input to write before the input is on the air; nil: none.
// m.mu is held.
func (m *Mount) call(in *Input) {
	was := m.called
	if was == in {
		return
	}
	m.called = in
	if was != nil && was != m.onAir {
		was.leaveAir()
	}
	if in != nil {
		in.summon()
	}
}

// summon wakes the feeder of an input: it is to write. Mount.mu is held.
func (in *Input) summon() {
	if !in.summoned {
		in.summoned = true
		close(in.onAir)
	}
}

// leaveAir lets the feeder of an input wait again. The audio of a stand-in is not
// converted meanwhile. Mount.mu is held.
func (in *Input) leaveAir() {
	if in.summoned {
		in.summoned = false
		in.onAir = make(chan struct{})
	}
	if in.Kind > Encoded {
		in.endConversion()
	}
}
