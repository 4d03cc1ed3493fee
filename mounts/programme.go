package mounts

import (
	"fmt"
	"slices"
	"time"

	"relay/icy"
)

// Programme is what a mount plays.
type Programme struct {
	Station    icy.Station // the source's words, each replaced by the configured one if there is one
	Input      string      // its Kind in a word, or "waiting" for what was lost to come back
	Title      Title
	Since      time.Time // when the input on the air was connected
	Kind       Kind      // of that input
	From       string    // the mount whose stream it is, of a Fallback
	SourceAddr string
	BitRate    int // kbit/s as measured; before the first frames as claimed
	SampleRate int // Hz as measured; 0 before the first frames
	Channels   int
}

// AudioInfo returns the measured facts in the form of an ice-audio-info
// header, or what the source said before there are any.
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
		Input:      "waiting",
		SampleRate: m.meter.SampleRate(),
		Channels:   m.meter.Channels(),
		BitRate:    (m.meter.BitRate() + 500) / 1000,
	}
	in := m.lastOnAir
	if in == nil && len(m.inputs) > 0 {
		in = m.inputs[0] // connected, nothing played yet
	}
	p.Since = m.began
	if in != nil {
		p.Station, p.Title, p.Since = in.Station, in.title, in.Since
		p.Kind, p.From, p.SourceAddr = in.Kind, in.From, in.Addr
		if isThere := in.playing || in != m.lastOnAir || in.OnDemand; isThere && !in.ended {
			p.Input = in.Kind.String()
		}
	}
	if p.BitRate == 0 {
		p.BitRate = p.Station.BitRate
	}
	c := m.Config()
	configured := func(field *string, value string) {
		if value != "" {
			*field = value
		}
	}
	configured(&p.Station.Name, c.Title)
	configured(&p.Station.Description, c.Description)
	configured(&p.Station.Genre, c.Genre)
	configured(&p.Station.URL, c.URL)
	p.Station.Public = p.Station.Public || c.Public
	return p
}

// Status is a mount at one moment.
type Status struct {
	Programme
	Name         string
	Hidden       bool
	Listeners    int
	Peak         int
	MaxListeners int   // 0: as many as the server
	Sources      int64 // live sources it was ever given
	Received     int64 // bytes
	Sent         int64 // bytes
	Skips        int64 // how often a listener fell behind and was moved forward
	Slow         int64 // listeners dropped because they took nothing or fell behind
	History      []Played
	Reception    *Reception // of Source; nil without one, or where it is a rendition
}

// Status returns how the mount is doing. It looks at every listener: for what
// is asked about at every join there is Programme.
func (m *Mount) Status() Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := Status{
		Programme:    m.programme(),
		Name:         m.Name,
		Hidden:       m.Config().Hidden,
		Listeners:    m.Audience.Count(),
		Peak:         m.Audience.Peak(),
		MaxListeners: m.Config().MaxListeners,
		Sources:      m.sources,
		Received:     m.received,
		Sent:         m.Audience.Sent(),
		Skips:        m.Audience.Skips(),
		Slow:         m.Audience.Slow(),
		History:      slices.Clone(m.history),
	}
	if source := m.source(); source != nil {
		s.Reception = source.reception()
	}
	return s
}
