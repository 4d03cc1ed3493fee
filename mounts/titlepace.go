package mounts

import "time"

// An input may set titleBurst titles at once, and then one each titleEvery.
// The burst is more than a person or a program that plays jingles ever needs;
// what a flood costs in memory, logs and history is bounded by the pace.
const (
	titleEvery = time.Second
	titleBurst = 30
)

// titlePace says when a title may be set. The zero value has its whole burst.
type titlePace struct{ rested time.Time } // when the whole burst is there again

// take reports whether a title may be set now, and counts it if so.
func (p *titlePace) take(now time.Time) bool {
	if p.rested.Sub(now) > (titleBurst-1)*titleEvery {
		return false
	}
	if p.rested.Before(now) {
		p.rested = now
	}
	p.rested = p.rested.Add(titleEvery)
	return true
}
