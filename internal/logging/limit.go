package logging

import (
	"net"
	"strings"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"relay/conf"
)

// LimitPerClient returns a field that limits how often a client may cause a
// line. It shows nowhere. A few lines with one message are logged at once, more
// of them a few times a minute; what is left out is counted in the field
// "left_out" of the next one or, when none follows, in a line of its own. The
// first is always logged, unless very many clients cause the same at once: then
// all of them together are limited in the same way.
//
// addr is an IP address, with a port or without; see conf.ClientPrefixes for
// what is taken for one client.
func LimitPerClient(addr string) zap.Field {
	if c, ok := clientOf(addr); ok {
		return mark(c)
	}
	return LimitPer(addr)
}

// limitPerNamed is LimitPerClient for the first address in a text, or Limit when
// there is none.
func limitPerNamed(text string) zap.Field {
	for word := range strings.FieldsSeq(text) {
		word = strings.TrimRight(word, ":,;")
		if c, ok := clientOf(word); ok {
			return mark(c)
		}
	}
	return Limit()
}

// clientOf returns the client at an address with a port or without. ok is false
// for what is no IP address.
func clientOf(addr string) (c client, ok bool) {
	if host, _, err := net.SplitHostPort(addr); err == nil {
		addr = host
	}
	c.prefix, ok = conf.HouseholdOf(addr)
	return c, ok
}

// LimitPer is LimitPerClient for lines that are counted by something else, such
// as a mount or the server that a hook is on.
func LimitPer(name string) zap.Field { return mark(client{name: name}) }

// Limit is LimitPerClient for lines that are counted all together.
func Limit() zap.Field { return LimitPer("") }

// LimitToMinute is Limit for lines that are logged once a minute at most.
func LimitToMinute() zap.Field { return mark(client{rare: true}) }

// mark makes a field that no encoder shows.
func mark(c client) zap.Field { return zap.Field{Type: zapcore.SkipType, Interface: c} }

// Limited returns a core that passes lines on to another, limited where they have
// a mark, as the loggers of a Log do.
func Limited(core zapcore.Core) zapcore.Core { return &limitedCore{Core: core, limits: newLimiter()} }

// limitedCore leaves out what the limits do not allow of the lines that have a
// mark.
type limitedCore struct {
	zapcore.Core
	limits *limiter
	of     *client // the mark that all its lines have, or nil
}

func (c *limitedCore) With(fields []zapcore.Field) zapcore.Core {
	with := *c
	with.Core = c.Core.With(fields)
	if of := markOf(fields); of != nil {
		with.of = of
	}
	return &with
}

func (c *limitedCore) Check(e zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return checked.AddCore(e, c)
	}
	return checked
}

func (c *limitedCore) Write(e zapcore.Entry, fields []zapcore.Field) error {
	of := c.of
	if own := markOf(fields); own != nil {
		of = own
	}
	if of == nil {
		return c.Core.Write(e, fields)
	}
	leftOut, ok := c.limits.take(e.Time, e.Level, e.Message, *of)
	if !ok {
		return nil
	}
	if leftOut > 0 {
		fields = append(fields[:len(fields):len(fields)], zap.Int("left_out", leftOut))
	}
	return c.Core.Write(e, fields)
}

// markOf returns the last mark among fields, or nil.
func markOf(fields []zapcore.Field) (of *client) {
	for _, f := range fields {
		if c, ok := f.Interface.(client); ok && f.Type == zapcore.SkipType {
			of = &c
		}
	}
	return of
}
