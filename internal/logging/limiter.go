package logging

import (
	"container/list"
	"net/netip"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap/zapcore"
)

// The limits of lines with one message: those of one client, those of what has a
// name, such as a mount, and those of all together.
var (
	perClient  = rate{burst: 10, every: 10 * time.Second}
	perName    = rate{burst: 30, every: 10 * time.Second}
	perMessage = rate{burst: 100, every: time.Second}
	rarely     = rate{burst: 1, every: time.Minute}
)

const (
	// mostCounts bounds how many pairs of message and client are remembered,
	// and longestName what is kept of a name.
	mostCounts  = 4096
	longestName = 200
	// mostKinds bounds the messages. There are far fewer, as long as messages
	// are constant.
	mostKinds = 256
)

// limiter counts the lines that clients cause. Its memory is bounded. Safe for
// concurrent use.
type limiter struct {
	mu     sync.Mutex
	kinds  map[string]*kind // by message
	counts map[countKey]*list.Element
	order  *list.List // of *count, the one that was not used for longest in front
}

// client is who or what lines are counted for.
type client struct {
	prefix netip.Prefix
	name   string // where there is no prefix
	rare   bool   // its lines are limited to rarely
}

func (c client) rate() rate {
	switch {
	case c.rare:
		return rarely
	case c.name != "":
		return perName
	}
	return perClient
}

func (c client) String() string {
	switch {
	case !c.prefix.IsValid():
		return c.name
	case c.prefix.IsSingleIP():
		return c.prefix.Addr().String()
	}
	return c.prefix.String()
}

// kind is all lines with one message.
type kind struct {
	message string
	first   pace // of clients that have caused none for a while
	more    pace // of all others, which do not keep those out of the log
	level   zapcore.Level
	others  summary // of clients that are no longer remembered
}

type countKey struct {
	kind *kind
	of   client
}

// count is the lines of one client with one message.
type count struct {
	pace
	countKey
	leftOut int // since the last that was logged or told
}

// summary is what was left out of lines with one message.
type summary struct {
	kind    string
	level   zapcore.Level
	lines   int
	clients int
	client  client // one of them
}

func newLimiter() *limiter {
	return &limiter{kinds: map[string]*kind{}, counts: map[countKey]*list.Element{}, order: list.New()}
}

// take reports whether a line may be logged and, if so, how many with the same
// message and of the same client were left out before it.
func (l *limiter) take(now time.Time, level zapcore.Level, message string, of client) (leftOut int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := l.kindOf(message)
	k.level = level
	c := l.countOf(k, of)
	all := &k.more
	if c.rested(now) {
		all = &k.first
	}
	if !c.allows(now, of.rate()) || !all.allows(now, perMessage) {
		c.leftOut++
		return 0, false
	}
	c.use(now, of.rate())
	all.use(now, perMessage)
	leftOut, c.leftOut = c.leftOut, 0
	return leftOut, true
}

func (l *limiter) kindOf(message string) *kind {
	if len(l.kinds) >= mostKinds && l.kinds[message] == nil {
		message = "other messages"
	}
	k := l.kinds[message]
	if k == nil {
		k = &kind{message: strings.Clone(message)}
		l.kinds[k.message] = k
	}
	return k
}

func (l *limiter) countOf(k *kind, of client) *count {
	of.name = of.name[:min(len(of.name), longestName)]
	if known := l.counts[countKey{k, of}]; known != nil {
		l.order.MoveToBack(known)
		return known.Value.(*count)
	}
	if l.order.Len() >= mostCounts {
		oldest := l.order.Front()
		c := oldest.Value.(*count)
		c.kind.others.add(c)
		l.forget(oldest)
	}
	of.name = strings.Clone(of.name)
	c := &count{countKey: countKey{k, of}}
	l.counts[c.countKey] = l.order.PushBack(c)
	return c
}

func (l *limiter) forget(e *list.Element) {
	delete(l.counts, e.Value.(*count).countKey)
	l.order.Remove(e)
}

// leftOut returns what was left out and is not told yet, which is then told,
// and forgets clients that have caused nothing for a while.
func (l *limiter) leftOut(now time.Time) (all []summary) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for e := l.order.Front(); e != nil; {
		c, next := e.Value.(*count), e.Next()
		c.kind.others.add(c)
		c.leftOut = 0
		if c.rested(now) {
			l.forget(e)
		}
		e = next
	}
	for _, k := range l.kinds {
		if k.others.lines > 0 {
			k.others.kind, k.others.level = k.message, k.level
			all = append(all, k.others)
			k.others = summary{}
		}
	}
	return all
}

func (s *summary) add(c *count) {
	if c.leftOut > 0 {
		s.lines += c.leftOut
		s.clients++
		s.client = c.of
	}
}

// rate is how many events are allowed at once, and how often one more.
type rate struct {
	burst int
	every time.Duration
}

// pace holds events to a rate.
type pace struct {
	until time.Time // when there would be room for a whole burst again
}

// allows reports whether one more event is within the rate.
func (p *pace) allows(now time.Time, r rate) bool {
	return p.until.Sub(now) <= time.Duration(r.burst-1)*r.every
}

// use counts an event that is allowed.
func (p *pace) use(now time.Time, r rate) {
	if p.rested(now) {
		p.until = now
	}
	p.until = p.until.Add(r.every)
}

// rested reports whether a whole burst is allowed.
func (p *pace) rested(now time.Time) bool { return !p.until.After(now) }
