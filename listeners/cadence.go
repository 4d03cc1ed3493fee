package listeners

import (
	"math"
	"time"

	"relay/conf"
)

const (
	// youth is how long a listener that has joined a stream, or was moved forward or to
	// another mount, is flushed at the shortest interval: nobody knows yet how much its
	// player buffers.
	youth = 10 * time.Second

	// maxGrowth bounds what a stream may grow by between two flushes of a listener, in
	// bytes: one write takes it, and it fits into the socket's buffer.
	maxGrowth = 32 << 10

	// pacing is how much faster than the stream a listener is sent a flush. The burst is
	// not paced: a player begins to play when it has it.
	pacing = 4

	// playerBlock is the most that a player takes before it plays any of it, in bytes:
	// Chromium reads in such blocks (kBlockSizeShift in its url_index.cc). What it holds of
	// one that is not complete is no lead, and blockMargin is how early the rest must come.
	playerBlock = 32 << 10
	blockMargin = time.Second

	// A line that loses more than one packet in mayLose cannot take flushes of that size
	// at once, and gets smaller ones for the time of caution.
	mayLose    = 10
	packetSize = 1400 // bytes, about
	caution    = 10 * time.Minute
)

// cadence is how often a listener is flushed: the more audio it has ahead of time, the
// less often.
type cadence struct {
	// began is when the stream began for a player that has played without a break since
	// the listener joined, counted from Listener.Since: it plays the audio published
	// after p at began + p.
	began    time.Duration
	age      time.Duration // since it joined the stream, the sum of its intervals; caution makes it young
	interval time.Duration // between the last flush and the next
	paced    int32         // the rate to which the socket is paced, in bytes per second; 0: none
	lost     uint32        // packets, at the last flush that was not the shortest
}

// begin is for a listener that has joined the stream of its mount and takes that much
// audio at once.
func (l *listener) begin(took time.Duration) {
	l.cadence = cadence{began: time.Since(l.Since) + took - l.mount.Stream.Played(), paced: l.cadence.paced}
}

// lead returns how much audio l has taken beyond what has been used up by now. It is
// negative after a break that has used up more than there was.
func (l *listener) lead(now time.Time) time.Duration {
	switch {
	case l.inPast():
		return l.intro.replay.lead(now)
	case l.intro != nil:
		return l.mount.PlayingTime(l.intro.burst)
	}
	s := l.mount.Stream
	unsent := l.mount.PlayingTime(s.End() - l.cursor.Offset())
	return l.cadence.began + s.Played() - unsent - now.Sub(l.Since)
}

// holds adds audio that the player of l had before it joined the stream.
func (l *listener) holds(lead time.Duration) { l.cadence.began += max(0, lead) }

// untilFlush returns how long after a flush at now the next one is due. A session with a
// time limit ends in time in any case.
func (l *listener) untilFlush(limits *conf.Limits, now time.Time) time.Duration {
	l.cadence.age += l.cadence.interval
	l.pace()
	l.adapt(limits, now)
	l.mount.Audience.Flushed(l.cadence.interval)
	if until := l.until(); until > 0 {
		return min(l.cadence.interval, until-now.Sub(l.Since))
	}
	return l.cadence.interval
}

// adapt sets the interval after a flush at now. It is the shortest while l is young or
// hears an intro. Then it grows by that much at each flush, but never beyond the longest,
// the time of maxGrowth, a third of the lead, or the lead less a playerBlock and
// blockMargin. A line that loses packets gets half the interval.
func (l *listener) adapt(limits *conf.Limits, now time.Time) {
	shortest, longest := time.Duration(limits.FlushInterval), time.Duration(limits.FlushMax)
	c, lead := &l.cadence, l.lead(now)
	l.holds(-lead) // a player that has run dry waits
	if l.intro != nil && !l.inPast() || c.age < youth && c.interval <= shortest {
		c.interval = shortest
		return
	}
	lost, packets := l.socket.lost(), l.mount.BitRate()/8*int64(c.interval)/int64(time.Second)/packetSize
	switch {
	case c.interval > shortest && int64(lost-c.lost) > packets/mayLose:
		c.interval, c.age = c.interval/2, youth-caution
	case c.age >= youth:
		c.interval += shortest
	}
	c.lost = lost
	c.interval = max(shortest, min(c.interval, longest, l.mount.PlayingTime(maxGrowth), lead/3, lead-l.mount.PlayingTime(playerBlock)-blockMargin))
}

// pace has the kernel spread the flushes of l over time once it is no longer young, and
// again when the bit rate has changed by a quarter.
func (l *listener) pace() {
	c, rate := &l.cadence, l.mount.BitRate()/8*pacing
	if rate == 0 || l.intro != nil || c.paced == 0 && c.age < youth {
		return
	}
	rate = min(rate, math.MaxInt32)
	if change := rate - int64(c.paced); max(change, -change) > int64(c.paced)/4 {
		l.socket.pace(rate)
		c.paced = int32(rate)
	}
}
