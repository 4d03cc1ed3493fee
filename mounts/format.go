package mounts

import (
	"cmp"
	"fmt"
	"slices"

	"go.uber.org/zap"

	"relay/codec"
	"relay/codec/known"
	"relay/codec/ogg"
	"relay/conf"
)

// Format returns the format of the mount: the codec that its listeners were told, else the
// configured format, else that of the last input on which it settled. Its parts are zero
// while nothing has decided them.
func (m *Mount) Format() codec.Format {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.ownFormat()
}

// ownFormat is Format. Listeners keep the codec that they were told, even if the
// configuration asks for another one meanwhile. m.mu is held.
func (m *Mount) ownFormat() codec.Format {
	configured, own := m.configuredFormat(), m.settled
	kept := configured.Codec
	if m.told != "" {
		kept = m.toldCodec()
		if kept == nil {
			return codec.Format{}
		}
	}
	if kept != nil && kept != own.Codec {
		own = codec.Format{Codec: kept}
	}
	own.SampleRate = cmp.Or(configured.SampleRate, own.SampleRate)
	own.Channels = cmp.Or(configured.Channels, own.Channels)
	if own.Codec == ogg.Opus {
		own.SampleRate = ogg.OpusRate // whatever the encoder was given
	}
	return own
}

// toldCodec returns the codec that listeners were told, nil if their Content-Type is that
// of several codecs of which none has played. m.mu is held.
func (m *Mount) toldCodec() codec.Codec {
	for _, c := range []codec.Codec{m.settled.Codec, m.configuredFormat().Codec} {
		if c != nil && c.MediaType() == m.told {
			return c
		}
	}
	if label, _ := known.ByMediaType(m.told); len(label.Codecs) == 1 {
		return label.Codecs[0]
	}
	return nil
}

// ConfiguredFormat returns the format that a configuration asks for.
func ConfiguredFormat(c *conf.Config, mount string) codec.Format {
	f := c.Mount(mount).Format
	return codec.Format{Codec: known.ByKey(c.CodecOf(mount)), SampleRate: f.Rate, Channels: f.Channels}
}

// FormatOf returns the format of a mount, existing or not.
func (r *Registry) FormatOf(name string) codec.Format {
	if m := r.Find(name); m != nil {
		return m.Format()
	}
	return ConfiguredFormat(r.conf.Config(), name)
}

// fits reports whether audio of a format can play without a conversion. m.mu is held.
func (m *Mount) fits(f codec.Format) bool {
	return f.Fits(m.ownFormat())
}

// adopts reports whether the mount takes on another format with the next input: nobody
// hears the change, so an input of another format needs no conversion. m.mu is held.
func (m *Mount) adopts() bool { return m.told == "" && m.Audience.Count() == 0 }

// forgetTold lets the mount take on another codec once the listeners that were told one
// have left. m.mu is held.
func (m *Mount) forgetTold() {
	if m.told != "" && m.Audience.Count() == 0 {
		m.told = ""
	}
}

// settleFormat notes the format of the first unit of an input that has taken the air,
// and warns of a change that listeners hear: some players must start again. m.mu is
// held.
func (m *Mount) settleFormat(f codec.Format) {
	last := m.last.Format
	switch {
	case m.settled == (codec.Format{}) || m.adopts():
		if last != (codec.Format{}) && last != f {
			m.Stream.freshen() // a new listener hears one format only
		}
		if m.settled != f {
			m.settled = f
			m.prepareIntro()
		}
	case last.Codec == f.Codec && last.SampleRate == f.SampleRate && last.Channels == f.Channels && last != f:
		m.say(zap.WarnLevel, "the encoder's parameters change with the input: some players stop at this", zap.Stringer("format", f))
	case last != f:
		m.say(zap.WarnLevel, "the format changes with the input: some players stop at this",
			zap.Stringer("format", f), zap.Stringer("before", last))
	}
}

// Clashes reports whether audio of a format cannot be played, because the mount has
// another codec, of which listeners were told, and nothing converts the input.
func (in *Input) Clashes(f codec.Format) bool {
	in.Mount.mu.Lock()
	defer in.Mount.mu.Unlock()
	return in.clashes(f)
}

// clashes is Clashes. Mount.mu is held.
func (in *Input) clashes(f codec.Format) bool {
	m := in.Mount
	switch own := m.ownFormat().Codec; {
	case f.Codec == nil, f.Codec == own, m.adopts() && m.configuredFormat().Codec == nil:
		return false
	case own == nil:
		return m.told != "" && m.told != f.Codec.MediaType()
	case in.by != nil:
		return in.problem != nil
	}
	return !in.isConvertible() || m.problemOf(in) != nil
}

// CodecError means that a source cannot have a mount because its codec is not the one that
// listeners were told.
type CodecError struct{ Mount, Plays, Sends string }

func (e *CodecError) Error() string {
	return fmt.Sprintf("%s plays %s to its listeners, and %s cannot be converted to it: ffmpeg is not installed", e.Mount, e.Plays, e.Sends)
}

// refuses returns a *CodecError for a source that says itself that it sends what cannot be
// played now. m.mu is held.
func (m *Mount) refuses(in *Input) error {
	m.forgetTold()
	label, _ := known.ByMediaType(in.Station.Type)
	fits := func(c codec.Codec) bool { return c.MediaType() == m.told }
	if m.told == "" || len(label.Codecs) == 0 || slices.ContainsFunc(label.Codecs, fits) {
		return nil
	}
	if c := m.registry.converter; c != nil && c.Problem() == nil {
		return nil
	}
	told, _ := known.ByMediaType(m.told)
	return &CodecError{m.Name, told.Name, label.Name}
}

// ContentType returns the Content-Type of the mount for a listener that has joined. The
// mount keeps the codec as long as it has listeners.
func (m *Mount) ContentType() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.told == "" && m.Audience.Count() > 0 {
		m.told = m.mediaType()
		if c := m.last.Format.Codec; c != nil && c.MediaType() != m.told { // the configuration has changed
			m.splicer = nil
			m.Stream.cut()
		}
	}
	return m.contentType()
}

// contentType returns the Content-Type of the mount: the configured one, if it is a name of
// its codec, for players that know another name than the usual one. m.mu is held.
func (m *Mount) contentType() string {
	usual, configured := m.mediaType(), m.Config().ContentType
	if configured != "" {
		own, _ := known.ByMediaType(usual)
		if other, ok := known.ByMediaType(configured); ok && other.Name == own.Name {
			return configured
		}
	}
	return usual
}

// MediaType returns the media type of the mount's codec, which ContentType may name in
// another way.
func (m *Mount) MediaType() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.mediaType()
}

// mediaType returns the media type of the mount's codec or, before there is one, of what
// the source says. m.mu is held.
func (m *Mount) mediaType() string {
	if m.told != "" {
		return m.told
	}
	c := m.ownFormat().Codec
	if c == nil {
		c = known.Default
		if len(m.inputs) > 0 {
			if label, _ := known.ByMediaType(m.inputs[0].Station.Type); len(label.Codecs) > 0 {
				c = label.Codecs[0]
			}
		}
	}
	return c.MediaType()
}

// Suits reports whether listeners of another mount can be moved to m: they have been told
// a Content-Type.
func (m *Mount) Suits(other *Mount) bool {
	return m.Programme().mediaType == other.Programme().mediaType
}
