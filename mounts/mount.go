package mounts

import (
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/frames"
	"relay/icy"
)

// Mount is a named stream with the inputs that feed it and the listeners who
// follow it. It lives while it has an input, and for its grace thereafter.
type Mount struct {
	Name     string
	Config   conf.Mount
	Stream   *Stream
	Audience Audience

	log      *zap.Logger
	registry *Registry

	mu        sync.Mutex
	inputs    []*Input // best first
	onAir     *Input
	lastOnAir *Input // onAir, or who was there before the silence
	splicer   frames.Splicer
	meter     frames.Meter
	lastFrame time.Time   // zero: never
	grace     *time.Timer // runs while the lost source may come back
	received  int64       // bytes of frames played
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
	if in.Kind == Live {
		if old := m.live(); old != nil {
			if time.Since(old.lastByte) < silentAfter {
				return &InUseError{Mount: m.Name, Addr: old.Addr, Agent: old.Station.Agent, Since: old.Since}
			}
			m.remove(old, ErrReplaced)
		}
	}
	at := 0
	for at < len(m.inputs) && m.inputs[at].Kind <= in.Kind {
		at++
	}
	m.inputs = append(m.inputs[:at], append([]*Input{in}, m.inputs[at:]...)...)
	m.choose()
	return nil
}

// detach ends an input from its own side (cause nil) or from ours.
func (m *Mount) detach(in *Input, cause error) {
	m.registry.mu.Lock()
	defer m.registry.mu.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	if in.ended {
		return
	}
	m.remove(in, cause)
	if m.onAir != nil || m.grace != nil {
		return
	}
	m.grace = time.AfterFunc(time.Duration(m.Config.Grace), m.endGrace)
}

// remove takes an input out of the list and off the air. m.mu is held.
func (m *Mount) remove(in *Input, cause error) {
	for i, other := range m.inputs {
		if other == in {
			m.inputs = append(m.inputs[:i], m.inputs[i+1:]...)
			break
		}
	}
	in.ended, in.cause = true, cause
	close(in.end)
	if m.onAir == in {
		m.onAir = nil
	}
}

// endGrace goes on with the next input, or ends the mount when there is none.
func (m *Mount) endGrace() {
	m.registry.mu.Lock()
	defer m.registry.mu.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.grace = nil
	if len(m.inputs) == 0 {
		m.registry.forget(m)
		return
	}
	m.choose()
}

// choose puts the best input that plays on the air. While a lost source may
// still come back only a live one may follow it. m.mu is held.
func (m *Mount) choose() {
	for _, in := range m.inputs {
		if !in.playing || (m.grace != nil && in.Kind != Live) {
			continue
		}
		if m.onAir != in {
			m.putOnAir(in)
		}
		return
	}
}

func (m *Mount) putOnAir(in *Input) {
	if m.onAir != nil {
		m.onAir.onAir = make(chan struct{})
	}
	if m.grace != nil {
		m.grace.Stop()
		m.grace = nil
	}
	m.onAir, m.lastOnAir = in, in
	close(in.onAir)
	m.splicer.Cut()
	m.meter = frames.Meter{}
	m.Stream.mark(in.title)
	m.log.Info("on the air", zap.String("mount", m.Name), zap.Stringer("input", in.Kind),
		zap.String("ip", in.Addr), zap.String("agent", in.Station.Agent))
}

// append plays one frame. m.mu is held.
func (m *Mount) append(f frames.Frame, now time.Time) {
	m.Stream.append(m.splicer.Pass(f))
	m.meter.Add(f.Header)
	m.received += int64(f.Size)
	m.lastFrame = now
}

func (m *Mount) live() *Input {
	if len(m.inputs) > 0 && m.inputs[0].Kind == Live {
		return m.inputs[0]
	}
	return nil
}

// Live returns the live source that holds the mount, or nil.
func (m *Mount) Live() *Input {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.live()
}

// Status is a mount at one moment.
type Status struct {
	Name       string
	Station    icy.Station // the source's words, each replaced by the configured one if there is one
	Input      string      // "live", "files", or "waiting" for a lost source to come back
	Title      Title
	Since      time.Time // when the input on the air was connected
	BitRate    int       // kbit/s as measured; before the first frames as claimed
	SampleRate int       // Hz as measured; 0 before the first frames
	Channels   int
	Listeners  int
	Peak       int
	Received   int64 // bytes
	Sent       int64 // bytes
	SourceAddr string
	Hidden     bool
}

// Status returns how the mount is doing.
func (m *Mount) Status() Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := Status{
		Name:       m.Name,
		Input:      "waiting",
		SampleRate: m.meter.SampleRate(),
		Channels:   m.meter.Channels(),
		BitRate:    (m.meter.BitRate() + 500) / 1000,
		Listeners:  m.Audience.Count(),
		Peak:       m.Audience.Peak(),
		Sent:       m.Audience.Sent(),
		Received:   m.received,
		Hidden:     m.Config.Hidden,
	}
	in := m.lastOnAir
	if in == nil {
		in = m.live() // connected, nothing played yet
	}
	if in != nil {
		s.Station, s.Title, s.Since, s.SourceAddr = in.Station, in.title, in.Since, in.Addr
		if !in.ended {
			s.Input = in.Kind.String()
		}
	}
	if s.BitRate == 0 {
		s.BitRate = s.Station.BitRate
	}
	configured := func(field *string, value string) {
		if value != "" {
			*field = value
		}
	}
	configured(&s.Station.Name, m.Config.Title)
	configured(&s.Station.Description, m.Config.Description)
	configured(&s.Station.Genre, m.Config.Genre)
	configured(&s.Station.URL, m.Config.URL)
	s.Station.Public = s.Station.Public || m.Config.Public
	return s
}

// AudioInfo returns the measured facts in the form of an ice-audio-info
// header, or what the source said before there are any.
func (s Status) AudioInfo() string {
	if s.SampleRate == 0 {
		return s.Station.AudioInfo
	}
	return fmt.Sprintf("ice-samplerate=%d;ice-bitrate=%d;ice-channels=%d", s.SampleRate, s.BitRate, s.Channels)
}
