package mounts

import "time"

const (
	// settling is how long the lead of a stream may grow after its beginning: sources
	// and upstreams begin with a head start.
	settling = 2 * time.Second

	// maxHeadStart bounds that growth.
	maxHeadStart = 5 * time.Second

	// maxSurplus is how far the lead may be above its level: an input that can play
	// ahead works a quarter of a second ahead.
	maxSurplus = 300 * time.Millisecond

	// minLead is the least that a listener keeps through a break, if its burst was that
	// long; half of its burst if that is more.
	minLead = 1500 * time.Millisecond

	// maxGrowth bounds how much the lead of a listener may grow.
	maxGrowth = 2 * time.Second

	// minReserve is the smallest debt before silence is played: no stream arrives
	// evenly.
	minReserve = 500 * time.Millisecond

	// maxOwedAtSplice is the largest debt that a source which comes back leaves to the
	// pauses of the programme.
	maxOwedAtSplice = 1500 * time.Millisecond

	// atOnce is within what time audio comes that was sent at once.
	atOnce = 200 * time.Millisecond

	// peakSpan is how long the highest lead counts. Audio arrives in pieces: only the
	// lead behind a piece says how much there is.
	peakSpan = 5 * time.Second
)

// A clock relates a stream to the time at which it is heard. It follows a player that
// plays the stream from its beginning, as soon as it is published. The lead is how much
// of the stream this player has not played yet. A listener holds its burst, plus as much
// as the lead has grown since it joined: if the lead keeps its level, so does what every
// listener holds.
//
// The zero value is the clock of a stream that has not begun.
type clock struct {
	ends  time.Time     // when the player will have used up the stream; zero: it has not begun
	level time.Duration // the highest lead while the stream settled
	goal  time.Duration // the lead with which it should begin
	began time.Time

	peaks   [2]time.Duration // the highest lead in the current and in the last peakSpan
	spanned time.Time        // when the current peakSpan began

	piece      time.Duration // audio that has come at once
	pieceBegan time.Time     // when it began to come
	pieces     time.Duration // what the input sends at once, again and again; 0: not known yet

	indebted time.Time // since when there has been a debt; zero: there is none
	over     time.Time // since when there has been a surplus; zero: there is none
}

// begin starts the clock of a stream that should begin with a lead of goal.
func (c *clock) begin(now time.Time, goal time.Duration) {
	*c = clock{ends: now, goal: goal, began: now, spanned: now}
}

// settles reports whether the lead may still grow.
func (c *clock) settles(now time.Time) bool { return now.Sub(c.began) < settling }

// running reports whether the clock has begun.
func (c *clock) running() bool { return !c.ends.IsZero() }

// lead returns the lead at now. burst is what listeners joined with: they cannot have
// used up more, but wait for audio once they have.
func (c *clock) lead(now time.Time, burst time.Duration) time.Duration {
	return max(c.ends.Sub(now), c.level-burst)
}

// publish records that audio of some length was published.
func (c *clock) publish(now time.Time, length, burst time.Duration) {
	lead := c.lead(now, burst) + length
	c.ends = now.Add(lead)
	if c.settles(now) {
		c.level = max(c.level, min(lead, max(c.goal, maxHeadStart)))
	}
	if now.Sub(c.spanned) >= peakSpan {
		c.peaks[1] = c.peaks[0]
		if now.Sub(c.spanned) >= 2*peakSpan {
			c.peaks[1] = lead
		}
		c.peaks[0], c.spanned = lead, now
	}
	c.peaks[0] = max(c.peaks[0], lead)
	switch debt := c.debt(); {
	case debt < minDebt:
		c.indebted = time.Time{}
	case c.indebted.IsZero():
		c.indebted = now
	}
	switch {
	case -c.debt() <= surplusStays:
		c.over = time.Time{}
	case c.over.IsZero():
		c.over = now
	}
}

// came records that audio of some length came from an input.
func (c *clock) came(now time.Time, length time.Duration) {
	if interval := now.Sub(c.pieceBegan); interval > atOnce {
		if !c.pieceBegan.IsZero() {
			c.pieces = min(c.piece, interval) // a head start is no piece that another one will follow
		}
		c.piece, c.pieceBegan = 0, now
	}
	c.piece += length
}

// pieceLength returns how much audio the input sends at once; of a stream that has just
// begun, how much came with its first piece.
func (c *clock) pieceLength() time.Duration {
	if c.pieces == 0 {
		return c.piece
	}
	return c.pieces
}

// minDebt is the smallest debt that is paid.
const minDebt = 50 * time.Millisecond

// debt returns by how much the lead has lately been below its level; negative: above.
func (c *clock) debt() time.Duration { return c.level - c.peak() }

// peak returns the highest lead of the last seconds.
func (c *clock) peak() time.Duration { return max(c.peaks[0], c.peaks[1]) }

// ahead returns how far the lead is above its level; negative: below.
func (c *clock) ahead(now time.Time, burst time.Duration) time.Duration {
	return c.lead(now, burst) - c.level
}

// early returns how far the lead is above its level or, while the stream settles, above
// its goal; negative: below.
func (c *clock) early(now time.Time, burst time.Duration) time.Duration {
	if c.settles(now) {
		return c.lead(now, burst) - max(c.level, c.goal)
	}
	return c.ahead(now, burst)
}

// isLasting reports whether there has been a debt for so long that audio which is only
// late cannot be the reason.
func (c *clock) isLasting(now time.Time) bool {
	return !c.indebted.IsZero() && now.Sub(c.indebted) >= 2*peakSpan
}

// isFast reports whether the lead has been above its level for so long that a source
// which was late at the beginning cannot be the reason.
func (c *clock) isFast(now time.Time) bool {
	return !c.over.IsZero() && now.Sub(c.over) >= surplusFor
}

// forgive cancels the debt, because there is no listener to pay.
func (c *clock) forgive(now time.Time) {
	if c.ends.Before(now.Add(c.level)) {
		c.ends = now.Add(c.level)
		c.peaks, c.spanned = [2]time.Duration{c.level, c.level}, now
	}
}

// reserve returns how far the lead may fall below its level while listeners joined with
// burst, some of them when it was above its level. It is no more than what may be paid
// back to listeners that join in the middle of a break.
func reserve(burst time.Duration) time.Duration {
	return max(min(burst-max(minLead, burst/2), maxGrowth)-maxSurplus, minReserve)
}
