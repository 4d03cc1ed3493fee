package mounts

import (
	"math"
	"time"
)

const (
	// gapAfter is how late audio must be for a gap.
	gapAfter = time.Second

	// portionTime is how long audio that came ahead of time makes up for missing audio:
	// sending large pieces is no fault, but the burst at the beginning of a relay must
	// not hide a gap minutes later.
	portionTime = time.Second

	// settled is how long after its beginning a stream arrives evenly: relays begin
	// with a burst.
	settled = 2 * time.Second

	// heardSeconds is for how many seconds the amount of arrived audio is stored.
	heardSeconds = 120

	// rateSeconds is over how many seconds the arriving bit rate is measured.
	rateSeconds = 10
)

// jitterMeter measures how evenly the audio of one input arrives. A portion costs some
// additions and no memory.
type jitterMeter struct {
	since   time.Time     // when the input connected
	cadence time.Duration // the longest interval between two reads: arrivals seem late by as much

	began        time.Time // when the stream began; zero: no audio is due
	last         time.Time // when audio last came
	portionBegan time.Time
	portion      time.Duration // audio since then

	gaps             int64
	longest, missing time.Duration
	jitter           float64 // nanoseconds
	resyncs, garbage int64

	second  int64                     // index, from the beginning, of the second that is being filled
	seconds [heardSeconds + 1]arrived // by second modulo length

	even     int64     // the first second that counts for a shortage
	weighed  int64     // the second before which shortages were last checked
	shortage *shortage // nil: the source keeps up
}

// arrived is the audio that arrived in some time.
type arrived struct {
	audio time.Duration
	bytes int64 // of its units
}

func (a *arrived) add(more arrived) {
	a.audio += more.audio
	a.bytes += more.bytes
}

// kbits returns the bit rate in kbit/s if the audio arrived within in.
func (a arrived) kbits(in time.Duration) int {
	if in <= 0 {
		return 0
	}
	return int(math.Round(float64(a.bytes) * 8 / 1000 / in.Seconds()))
}

// take counts a portion, and returns the length of the gap that it ended, or 0.
func (a *jitterMeter) take(now time.Time, p Portion) (gap time.Duration) {
	a.resyncs += p.Resyncs
	a.garbage += p.Garbage
	if p.Audio == 0 {
		return 0
	}
	a.fill(now, arrived{p.Audio, p.Bytes})
	if a.began.IsZero() {
		a.even = a.second + 1
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

// rest means that no audio is due until the next portion, and returns the length of the
// gap that ends with it, or 0.
func (a *jitterMeter) rest(now time.Time) (gap time.Duration) {
	if a.began.IsZero() {
		return 0
	}
	gap = a.gap(now)
	a.note(gap)
	a.began, a.shortage = time.Time{}, nil
	return gap
}

// gap returns for how long due audio has not arrived; 0 if that is too short to count.
func (a *jitterMeter) gap(now time.Time) time.Duration {
	ahead := max(0, a.portion-a.last.Sub(a.portionBegan))
	if late := now.Sub(a.last) - ahead; late > gapAfter {
		return late
	}
	return 0
}

func (a *jitterMeter) note(gap time.Duration) {
	if gap > 0 {
		a.gaps++
		a.missing += gap
		a.longest = max(a.longest, gap)
	}
}

// fill adds audio to the second in which it arrived.
func (a *jitterMeter) fill(now time.Time, came arrived) {
	a.turn(now)
	a.seconds[a.second%int64(len(a.seconds))].add(came)
}

// turn advances to the current second, over seconds in which nothing arrived.
func (a *jitterMeter) turn(now time.Time) {
	second := int64(now.Sub(a.since) / time.Second)
	if second-a.second >= int64(len(a.seconds)) {
		clear(a.seconds[:])
		a.second = second
	}
	for a.second < second {
		a.second++
		a.seconds[a.second%int64(len(a.seconds))] = arrived{}
	}
}

// sum returns the audio of the seconds from from up to, but excluding, to.
func (a *jitterMeter) sum(from, to int64) (sum arrived) {
	for second := max(0, from); second < to; second++ {
		sum.add(a.seconds[second%int64(len(a.seconds))])
	}
	return sum
}

// reception returns the measurements, including a gap that still lasts.
func (a *jitterMeter) reception(now time.Time) Reception {
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
		TooSlow:    a.shortage != nil,
	}
	seconds := min(a.second, rateSeconds)
	r.BitRate = a.sum(a.second-seconds, a.second).kbits(time.Duration(seconds) * time.Second)
	for second := max(0, b.second-heardSeconds); second < b.second; second++ {
		r.Seconds = append(r.Seconds, int(b.seconds[second%int64(len(b.seconds))].audio.Milliseconds()))
	}
	return r
}

// inSeconds returns d in seconds, rounded to the millisecond. Duration.Seconds adds two
// fractions, which turns 1.118 into 1.1179999999999999.
func inSeconds(d time.Duration) float64 {
	return float64(d.Round(time.Millisecond).Milliseconds()) / 1000
}
