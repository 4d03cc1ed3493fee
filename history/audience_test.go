package history

import (
	"math/rand/v2"
	"testing"
)

// The computed numbers equal those of counting at every moment.
func TestAudienceAgreesWithCounting(t *testing.T) {
	const moments = 60
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var a audience
		var count [moments]int
		joins := 0
		since, until := random.Int64N(moments/2), moments/2+random.Int64N(moments/2)
		for range random.IntN(20) {
			from := random.Int64N(moments)
			to := from + random.Int64N(moments-from)
			a.add(from, to)
			for m := from; m < to; m++ {
				count[m]++
			}
			if from > since && from <= until {
				joins++
			}
		}
		a.sort()
		peak, peakAt, listened := 0, 0, int64(0)
		for m, n := range count {
			if n > peak {
				peak, peakAt = n, m
			}
			if int64(m) >= since && int64(m) < until {
				listened += int64(n)
			}
			if got := a.at(int64(m)); got != n {
				t.Fatalf("%v to %v: %d listen at %d, want %d", a.joins, a.leaves, got, m, n)
			}
		}
		if got, at := a.peak(); got != peak || at != int64(peakAt) {
			t.Fatalf("%v to %v: peak of %d at %d, want %d at %d", a.joins, a.leaves, got, at, peak, peakAt)
		}
		if got := a.listened(since, until); got != listened {
			t.Fatalf("%v to %v: %d listened from %d to %d, want %d", a.joins, a.leaves, got, since, until, listened)
		}
		if got := a.joined(since, until); got != joins {
			t.Fatalf("%v: %d joined from %d to %d, want %d", a.joins, got, since, until, joins)
		}
	}
}
