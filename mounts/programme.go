package mounts

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"relay/codec"
	"relay/conf"
	"relay/icy"
)

// States of a mount that plays nothing. The state of a mount that plays is the name of
// its Kind.
const (
	Waiting = "waiting" // for a source, a relay or an encoder that should play
	Asleep  = "asleep"  // until a listener comes: its relay or rendition plays on demand
)

// Programme describes what a mount plays.
type Programme struct {
	Station    icy.Station // see Mount.words
	Input      string      // the name of the Kind of the input on the air, or Waiting or Asleep
	Title      Title       // of the input on the air or, within the grace, of the lost one; otherwise zero
	Cover      *Cover      // of that title; nil: none, see Mount.Cover
	Since      time.Time   // when the input on the air took it, or when the last one left it
	Kind       Kind        // of the input on the air, or the last one
	From       string      // the mount whose stream a Fallback plays
	SourceAddr netip.Addr  // zero while nothing plays
	BitRate    int         // kbit/s as measured; before the first units as claimed by the source
	SampleRate int         // Hz as measured; 0 before the first units
	Channels   int
	Type       string // Content-Type of the stream
	Codec      string // its name; empty while nothing has decided it

	mediaType string // of the codec
}

// Sounds reports whether an input is on the air.
func (p Programme) Sounds() bool { return p.Input != Waiting && p.Input != Asleep }

// AudioInfo returns the measured values in the form of an ice-audio-info header, or the
// values of the source before there are any.
func (p Programme) AudioInfo() string {
	if p.SampleRate == 0 {
		return p.Station.AudioInfo
	}
	return fmt.Sprintf("ice-samplerate=%d;ice-bitrate=%d;ice-channels=%d", p.SampleRate, p.BitRate, p.Channels)
}

// Programme returns what is being played now.
func (m *Mount) Programme() Programme {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.programme()
}

func (m *Mount) programme() Programme {
	p := Programme{
		Input:      m.idleState(),
		Since:      m.began,
		SampleRate: m.meter.Format().SampleRate,
		Channels:   m.meter.Format().Channels,
		BitRate:    (m.meter.BitRate() + 500) / 1000,
	}
	last := m.lastOnAir
	if last == nil && len(m.inputs) > 0 {
		last = m.inputs[0] // connected, nothing played yet
	}
	if last != nil {
		p.Station, p.Kind, p.From = last.Station, last.Kind, last.From
		if m.lastOnAir == nil && last.Kind == LiveSource { // some programs check at once whether their title is shown
			p.Title = last.title
		}
	}
	switch in := m.onAir; {
	case in != nil:
		p.Input, p.Title, p.Cover, p.Since, p.SourceAddr = in.Kind.String(), in.title, in.cover, m.airtime.Since, in.Addr
	case !m.airtime.Until.IsZero():
		p.Since = m.airtime.Until
		if m.grace != nil && p.Input == Waiting { // players still play it
			p.Title, p.Cover = last.title, last.cover
		}
	}
	if p.BitRate == 0 {
		p.BitRate = p.Station.BitRate
	}
	p.Type, p.mediaType = m.contentType(), m.mediaType()
	if c := m.ownFormat().Codec; c != nil {
		p.Codec = c.String()
	}
	p.Station = m.words(p)
	return p
}

// words returns the station words: each is the configured one, otherwise that of the
// input. Music of the server and silence have the words of the source that they
// replace; a fallback mount has its own, and the source's only for those it lacks. m.mu
// is held.
func (m *Mount) words(p Programme) icy.Station {
	first, then := p.Station, icy.Station{}
	switch p.Kind {
	case Fallback:
		then = m.known
	case Files, Silent:
		first, then = m.known, p.Station
	}
	c := m.Config()
	s := p.Station
	s.Name = cmp.Or(c.Title, first.Name, then.Name)
	s.Description = cmp.Or(c.Description, first.Description, then.Description)
	s.Genre = cmp.Or(c.Genre, first.Genre, then.Genre)
	s.URL = cmp.Or(c.URL, first.URL, then.URL)
	s.Public = s.Public || c.Public
	return s
}

// know stores the station words of an input that takes the air. m.mu is held.
func (m *Mount) know(in *Input) {
	if in.Kind <= Encoded {
		s := in.Station
		m.known = icy.Station{Name: s.Name, Description: s.Description, Genre: s.Genre, URL: s.URL}
	}
}

// idleState returns the state of the mount while nothing plays. m.mu is held.
func (m *Mount) idleState() string {
	onDemand := slices.ContainsFunc(m.inputs, func(in *Input) bool { return in.OnDemand })
	if onDemand && !m.Audience.Wanted() {
		return Asleep
	}
	return Waiting
}

// Status is a mount at one moment.
type Status struct {
	Programme
	Name         string
	Hidden       bool
	Listeners    int
	Via          [len(Ways)]int // listeners by the way in which they listen
	Peak         int
	MaxListeners int   // 0: only the server's limit
	Sources      int64 // number of live sources so far
	Received     int64 // bytes
	Sent         int64 // bytes
	Skips        int64 // number of times a listener fell behind and was moved forward
	Slow         int64 // listeners dropped because they accepted no data or fell behind
	Lead         Lead
	OnFallback   bool // the input on the air replaces an expected source or relay
	History      []Played
	Reception    *Reception   // of Source; nil without one, or for a rendition
	Format       codec.Format // that all audio has; see Mount.Format
	Converted    int          // number of inputs whose audio is brought to Format
	Unconverted  int          // number of inputs whose audio should be, and cannot
}

// Status returns the state of the mount. It looks at every listener; where a value is
// needed at every join, use Programme.
func (m *Mount) Status() Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := Status{
		Programme:    m.programme(),
		Name:         m.Name,
		Hidden:       m.Config().Hidden,
		Listeners:    m.Audience.Count(),
		Via:          m.Audience.byWay(),
		Peak:         m.Audience.Peak(),
		MaxListeners: m.Config().MaxListeners,
		Sources:      m.sources,
		Received:     m.received,
		Sent:         m.Audience.Sent(),
		Skips:        m.Audience.Skips(),
		Lead:         m.lead(),
		Slow:         m.Audience.Slow(),
		History:      slices.Clone(m.history),
	}
	s.OnFallback, s.Format = m.onFallback(), m.ownFormat()
	s.Converted, s.Unconverted = m.conversionsNow()
	if source := m.source(); source != nil {
		s.Reception = source.reception()
	}
	return s
}

// onFallback reports whether the input on the air replaces another. Music from disk
// does if it is listed as a fallback or a relay feeds the mount; otherwise it is the
// programme, which live sources interrupt. m.mu is held.
func (m *Mount) onFallback() bool {
	switch in := m.onAir; {
	case in == nil:
		return false
	case in.Kind == Files:
		return slices.Contains(m.fallbacks, conf.FallbackFiles) || m.registry.IsPromised(m.Name)
	default:
		return in.Kind == Fallback
	}
}

// Renditions returns the other mounts with the same programme that exist and are not
// hidden: the renditions of the mount or, if it is one, its mount and the other ones.
func (m *Mount) Renditions() (list []*Mount) {
	c := m.registry.conf.Config()
	root := c.RootOf(m.Name)
	for _, other := range m.registry.List() {
		if other != m && c.RootOf(other.Name) == root && !other.Config().Hidden {
			list = append(list, other)
		}
	}
	return list
}
