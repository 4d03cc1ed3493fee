package logging

import (
	"container/list"
	"net/netip"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap/zapcore"
)

// Limits of lines with the same message: for one client, for a named thing such as a
// mount, and for all together.
var (
	perClient  = rate{burst: 10, every: 10 * time.Second}
	perName    = rate{burst: 30, every: 10 * time.Second}
	perMessage = rate{burst: 100, every: time.Second}
	rarely     = rate{burst: 1, every: time.Minute}
)

const (
	// maxCounts is the maximum number of remembered pairs of message and client,
	// maxName the stored length of a name.
	maxCounts = 4096
	maxName   = 200
	// maxKinds is the maximum number of messages. There are far fewer as long as
	// messages are constant.
	maxKinds = 256
)

// limiter counts the lines that clients cause. Its memory is bounded. Safe for
// concurrent use.
type limiter struct {
	mu     sync.Mutex
	kinds  map[string]*kind // by message
	counts map[countKey]*list.Element
	order  *list.List // of *count, the least recently used first
}

// client is the client or thing for which lines are counted.
type client struct {
	prefix netip.Prefix
	name   string // used if there is no prefix
	rare   bool   // its lines are limited to the rate rarely
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

// kind holds all lines with the same message.
type kind struct {
	message string
	first   pace // for clients that have caused none for a while
	more    pace // for all others, which cannot displace the former
	level   zapcore.Level
	others  summary // for clients that are no longer remembered
}

type countKey struct {
	kind *kind
	of   client
}

// count counts the lines of one client with one message.
type count struct {
	pace
	countKey
	leftOut int // since the last line that was logged or reported
}

// summary counts the omitted lines with one message.
type summary struct {
	kind    string
	level   zapcore.Level
	lines   int
	clients int
	client  client // one of the clients
}

func newLimiter() *limiter {
	return &limiter{kinds: map[string]*kind{}, counts: map[countKey]*list.Element{}, order: list.New()}
}

// take reports whether a line may be logged and, if so, how many lines with the same
// message and client were omitted before it.
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
	if len(l.kinds) >= maxKinds && l.kinds[message] == nil {
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
	of.name = of.name[:min(len(of.name), maxName)]
	if known := l.counts[countKey{k, of}]; known != nil {
		l.order.MoveToBack(known)
		return known.Value.(*count)
	}
	if l.order.Len() >= maxCounts {
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

// leftOut returns the omitted lines that have not been reported, marks them as
// reported, and forgets clients that have caused no lines for a while.
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

// rate is how many events are allowed at once, and the interval for one more.
type rate struct {
	burst int
	every time.Duration
}

// pace limits events to a rate.
type pace struct {
	until time.Time // when a whole burst will be allowed again
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
