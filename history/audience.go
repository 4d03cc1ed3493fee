package history

import (
	"slices"
	"sort"
)

// audience computes the number of listeners at every moment from stays. Add all stays
// first, then call sort, then query it.
type audience struct {
	joins, leaves []int64 // when each listener came and left, sorted

	// Sums of the first n values of each slice, minus epoch so that they do not
	// overflow.
	joinSums, leaveSums []int64
	epoch               int64
}

func (a *audience) add(since, until int64) {
	a.joins, a.leaves = append(a.joins, since), append(a.leaves, until)
}

func (a *audience) sort() {
	slices.Sort(a.joins)
	slices.Sort(a.leaves)
	if len(a.joins) > 0 {
		a.epoch = a.joins[0]
	}
	a.joinSums, a.leaveSums = a.sums(a.joins), a.sums(a.leaves)
}

func (a *audience) sums(times []int64) []int64 {
	sums := make([]int64, len(times)+1)
	for i, t := range times {
		sums[i+1] = sums[i] + t - a.epoch
	}
	return sums
}

// at returns the number of listeners at time t. A listener that comes at t counts, one
// that leaves at t does not.
func (a *audience) at(t int64) int { return upTo(a.joins, t) - upTo(a.leaves, t) }

// joined returns how many listeners came after since, up to and including until.
func (a *audience) joined(since, until int64) int { return upTo(a.joins, until) - upTo(a.joins, since) }

// listened returns the total listening time of all listeners between since and until.
func (a *audience) listened(since, until int64) int64 { return a.until(until) - a.until(since) }

// until returns the total listening time of all listeners before t: the time since each
// one came, minus the time since each one left.
func (a *audience) until(t int64) int64 {
	came, went := upTo(a.joins, t), upTo(a.leaves, t)
	return int64(came-went)*(t-a.epoch) - a.joinSums[came] + a.leaveSums[went]
}

// peak returns the maximum number of simultaneous listeners, and when it was first
// reached.
func (a *audience) peak() (most int, at int64) {
	left := 0
	for i, t := range a.joins {
		for left < len(a.leaves) && a.leaves[left] <= t {
			left++
		}
		if n := i + 1 - left; n > most {
			most, at = n, t
		}
	}
	return most, at
}

// busy returns the times at which there was at least one listener.
func (a *audience) busy() (when spells) {
	left, since := 0, 0
	for i := range a.joins {
		for left < len(a.leaves) && a.leaves[left] < a.joins[i] {
			left++
		}
		if left == i && i > 0 { // all listeners so far have left
			when = append(when, spell{a.joins[since], a.leaves[i-1]})
			since = i
		}
	}
	if n := len(a.joins); n > 0 {
		when = append(when, spell{a.joins[since], a.leaves[n-1]})
	}
	return when
}

// upTo returns how many of the sorted times are at or before t.
func upTo(times []int64, t int64) int {
	return sort.Search(len(times), func(i int) bool { return times[i] > t })
}
