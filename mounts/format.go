package mounts

import (
	"cmp"

	"go.uber.org/zap"

	"relay/codec/mp3"
)

// Format returns the format of the mount: the configured one, else that of the first
// input that played. Its parts are 0 while nothing has decided them.
func (m *Mount) Format() mp3.Format {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ownFormat()
}

// ownFormat is Format. m.mu is held.
func (m *Mount) ownFormat() mp3.Format {
	c := m.Config().Format
	return mp3.Format{
		SampleRate: cmp.Or(c.Rate, m.settled.SampleRate),
		Channels:   cmp.Or(c.Channels, m.settled.Channels),
	}
}

// fits reports whether audio of a format can play without a conversion. m.mu is held.
func (m *Mount) fits(f mp3.Format) bool {
	own := m.ownFormat()
	return (own.SampleRate == 0 || own.SampleRate == f.SampleRate) && (own.Channels == 0 || own.Channels == f.Channels)
}

// adopts reports whether the mount takes on another format with the next input: nobody
// hears the change, so an input of another format needs no conversion. m.mu is held.
func (m *Mount) adopts() bool { return !m.Audience.Wanted() }

// settleFormat notes the format of the first frame of an input that has taken the air,
// and warns of a change that listeners hear: some players must start again. m.mu is
// held.
func (m *Mount) settleFormat(f mp3.Format) {
	last := m.format.Format()
	switch {
	case m.settled == (mp3.Format{}) || m.adopts():
		if last != (mp3.Format{}) && last != f {
			m.Stream.freshen() // a new listener hears one format only
		}
		if m.settled != f {
			m.settled = f
			m.prepareIntro()
		}
	case last != f:
		m.say(zap.WarnLevel, "the format changes with the input: some players stop at this",
			zap.Stringer("format", f), zap.Stringer("before", last))
	}
}
