package logging

import (
	"net/netip"
	"strings"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"relay/conf"
	"relay/internal/netconn"
)

// LimitPerClient returns a field that limits how often a client may cause a line. The
// field itself is never shown. A few lines with the same message are logged at once,
// then a few more each minute; the number of omitted lines is in the field "left_out"
// of the next line or, if none follows, in a line of its own. The first line of a
// client is always logged, unless very many clients cause the same line at once: then
// they are limited together in the same way.
//
// addr is the client's address; see conf.ClientPrefixes for which addresses count as one
// client. All with the zero Addr count as one.
func LimitPerClient(addr netip.Addr) zap.Field {
	return mark(client{prefix: conf.ClientPrefix(addr)})
}

// limitPerNamed is LimitPerClient for the first address in a text, or Limit if there is
// none.
func limitPerNamed(text string) zap.Field {
	for word := range strings.FieldsSeq(text) {
		word = strings.TrimRight(word, ":,;")
		if addr, ok := netconn.Addr(word); ok {
			return LimitPerClient(addr)
		}
	}
	return Limit()
}

// LimitPer is LimitPerClient for lines that are counted by something else, such as a
// mount or the server of a hook.
func LimitPer(name string) zap.Field { return mark(client{name: name}) }

// Limit is LimitPerClient for lines that are all counted together.
func Limit() zap.Field { return LimitPer("") }

// LimitToMinute is Limit for lines that are logged at most once a minute.
func LimitToMinute() zap.Field { return mark(client{rare: true}) }

// mark makes a field that no encoder shows.
func mark(c client) zap.Field { return zap.Field{Type: zapcore.SkipType, Interface: c} }

// Limited returns a core that passes lines on to another core, and limits lines with
// such a field, as the loggers of a Log do.
func Limited(core zapcore.Core) zapcore.Core { return &limitedCore{Core: core, limits: newLimiter()} }

// limitedCore omits lines with a mark that exceed the limits.
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
