package mounts

import (
	"math"
	"time"
)

const (
	// gapAfter is how long audio that is due may stay away.
	gapAfter = time.Second

	// portionTime is how long what came ahead of time makes up for what does
	// not come: senders of large pieces are no bad senders, and the burst that a
	// relay begins with shall not hide what happens minutes later.
	portionTime = time.Second

	// settled is how long after its beginning a stream comes evenly: relays
	// begin with a burst.
	settled = 2 * time.Second

	// heardSeconds is for how many seconds it is known how much audio came.
	heardSeconds = 120
)

// arrivals measures how the audio of one input comes. A portion costs some
// additions and no memory.
type arrivals struct {
	since   time.Time     // when the input was connected
	cadence time.Duration // how seldom it may be read: arrivals are late by as much

	began        time.Time // when the stream began; zero: none is due
	last         time.Time // when audio came last
	portionBegan time.Time
	portion      time.Duration // audio since then

	gaps             int64
	longest, missing time.Duration
	jitter           float64 // nanoseconds
	resyncs, garbage int64

	second  int64                           // of all since the beginning, the one that is filled now
	seconds [heardSeconds + 1]time.Duration // audio that came, by second modulo length
}

// take notes what came, and returns how long the gap was that it ended, or 0.
func (a *arrivals) take(now time.Time, p Portion) (gap time.Duration) {
	a.resyncs += p.Resyncs
	a.garbage += p.Garbage
	if p.Audio == 0 {
		return 0
	}
	a.fill(now, p.Audio)
	if a.began.IsZero() {
		a.began, a.last, a.portionBegan, a.portion = now, now, now, p.Audio
		return 0
	}
	gap = a.gap(now)
	a.note(gap)
	silence := now.Sub(a.last)
	if now.Sub(a.began) > settled {
		uneven := max(0, (silence-p.Audio).Abs()-a.cadence)
		a.jitter += (float64(uneven) - a.jitter) / 16
	}
	if silence > portionTime || now.Sub(a.portionBegan) > portionTime {
		a.portionBegan, a.portion = now, 0
	}
	a.portion += p.Audio
	a.last = now
	return gap
}

// rest says that no more is due until the next portion, and returns how long
// the gap was that lasted, or 0.
func (a *arrivals) rest(now time.Time) (gap time.Duration) {
	if a.began.IsZero() {
		return 0
	}
	gap = a.gap(now)
	a.note(gap)
	a.began = time.Time{}
	return gap
}

// gap returns for how long nothing has come although it was due; 0 when that is
// too short to count.
func (a *arrivals) gap(now time.Time) time.Duration {
	ahead := max(0, a.portion-a.last.Sub(a.portionBegan))
	if late := now.Sub(a.last) - ahead; late > gapAfter {
		return late
	}
	return 0
}

func (a *arrivals) note(gap time.Duration) {
	if gap > 0 {
		a.gaps++
		a.missing += gap
		a.longest = max(a.longest, gap)
	}
}

// fill adds audio to the second it came in.
func (a *arrivals) fill(now time.Time, audio time.Duration) {
	a.turn(now)
	a.seconds[a.second%int64(len(a.seconds))] += audio
}

// turn goes on to the second it is now, over those in which nothing came.
func (a *arrivals) turn(now time.Time) {
	second := int64(now.Sub(a.since) / time.Second)
	if second-a.second >= int64(len(a.seconds)) {
		clear(a.seconds[:])
		a.second = second
	}
	for a.second < second {
		a.second++
		a.seconds[a.second%int64(len(a.seconds))] = 0
	}
}

// reception returns what was measured, and a gap that still lasts.
func (a *arrivals) reception(now time.Time) Reception {
	a.turn(now)
	b := *a
	b.rest(now)
	r := Reception{
		Gaps:       b.gaps,
		LongestGap: inSeconds(b.longest),
		Missing:    inSeconds(b.missing),
		Jitter:     math.Round(b.jitter/1e5) / 10,
		Resyncs:    b.resyncs,
		Garbage:    b.garbage,
		Seconds:    make([]int, 0, heardSeconds),
	}
	for second := max(0, b.second-heardSeconds); second < b.second; second++ {
		r.Seconds = append(r.Seconds, int(b.seconds[second%int64(len(b.seconds))].Milliseconds()))
	}
	return r
}

// inSeconds returns d to the millisecond.
func inSeconds(d time.Duration) float64 { return d.Round(time.Millisecond).Seconds() }
