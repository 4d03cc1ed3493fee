package mounts

import (
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"relay/internal/netconn"
)

// A shortage is one way for a source to be too slow: in each of four spans in a row,
// some audio arrived, but less than a share of what was played. A single gap does not
// count, however long, nor does audio in large pieces, since one span makes up for
// another.
type shortage struct {
	span  int64 // seconds
	share float64
}

const shortSpans = 4

// The first one finds a source at half speed before the listeners' buffers are empty,
// the second one finds a clock that is off by more than a hundredth.
var shortages = [...]shortage{{5, .95}, {30, .99}}

// holds reports whether there is a shortage now.
func (s *shortage) holds(a *jitterMeter) bool {
	if a.second-shortSpans*s.span < a.even {
		return false
	}
	for n := range int64(shortSpans) {
		came := a.sum(a.second-(n+1)*s.span, a.second-n*s.span)
		if came.audio == 0 || came.audio.Seconds() >= s.share*float64(s.span) {
			return false
		}
	}
	return true
}

// isOver reports whether enough audio arrived in two spans for the shortage to be over.
// That takes more than the share at which it begins, so that a source at the limit does
// not alternate.
func (s *shortage) isOver(a *jitterMeter) bool {
	came := a.sum(a.second-2*s.span, a.second)
	return came.audio.Seconds() >= (1+s.share)/2*float64(2*s.span)
}

// weigh reports whether the source has just become too slow, or keeps up again. It
// checks after each whole second.
func (a *jitterMeter) weigh() (changed bool) {
	if a.weighed == a.second {
		return false
	}
	a.weighed = a.second
	if s := a.shortage; s != nil {
		if !s.isOver(a) {
			return false
		}
		a.shortage, a.even = nil, a.second
		return true
	}
	for i := range shortages {
		if shortages[i].holds(a) {
			a.shortage = &shortages[i]
			return true
		}
	}
	return false
}

// tellSpeed logs that the source has become too slow, or keeps up again. m.mu is held.
func (in *Input) tellSpeed() {
	a := in.jitter
	about := []zap.Field{zap.Stringer("input", in.Kind), zap.String("ip", netconn.Text(in.Addr)), zap.String("agent", in.Station.Agent)}
	level, message := zapcore.InfoLevel, "the source keeps up again"
	if s := a.shortage; s != nil {
		level, message = zapcore.WarnLevel, "the source is too slow: listeners will hear gaps; check its line and its encoder"
		seconds := shortSpans * s.span
		came := a.sum(a.second-seconds, a.second)
		about = append(about, zap.Int("kbit/s arriving", came.kbits(time.Duration(seconds)*time.Second)), zap.Int("kbit/s needed", came.kbits(came.audio)))
	}
	in.Mount.say(level, message, about...)
	in.Mount.registry.subscribers.tell(in.Mount.Name)
}
