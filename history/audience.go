package history

import (
	"slices"
	"sort"
)

// audience is how many listened at every moment, computed from stays. All of
// them are added before anything is asked, and sort is called in between.
type audience struct {
	joins, leaves []int64 // when somebody came and went, sorted

	// Sums of the first n of each, less epoch so that they do not overflow.
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

// at returns how many listen at a moment; who comes then does, who leaves does
// not.
func (a *audience) at(t int64) int { return upTo(a.joins, t) - upTo(a.leaves, t) }

// joined returns how many came after since, until then included.
func (a *audience) joined(since, until int64) int { return upTo(a.joins, until) - upTo(a.joins, since) }

// listened returns how long all together have listened in a time.
func (a *audience) listened(since, until int64) int64 { return a.until(until) - a.until(since) }

// until returns how long all together have listened before t: the time since
// each has come, less the time since each has gone.
func (a *audience) until(t int64) int64 {
	came, went := upTo(a.joins, t), upTo(a.leaves, t)
	return int64(came-went)*(t-a.epoch) - a.joinSums[came] + a.leaveSums[went]
}

// peak returns the most who listened at once, and since when.
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

// upTo returns how many of sorted times are not after t.
func upTo(times []int64, t int64) int {
	return sort.Search(len(times), func(i int) bool { return times[i] > t })
}
