package hls

import (
	"testing"
	"testing/synctest"
	"time"

	"relay/mounts"
)

// A station whose clock is fast or slow costs silence or audio in the pauses of the
// programme, as that of any other relay, and never a segment.
func TestClocksApart(t *testing.T) {
	for _, tt := range []struct {
		rate   float64
		paid   mounts.Payment
		within time.Duration
	}{{1.01, mounts.LeftOut, 30 * time.Minute}, {0.994, mounts.PaidInPauses, 30 * time.Minute}} {
		synctest.Test(t, func(t *testing.T) {
			s := newStation()
			s.rate = tt.rate
			r := relay(t, s, "")
			r.during(t, func() {
				var l mounts.Listener
				if err := r.in.Mount.Audience.Join(&l); err != nil {
					t.Fatal(err)
				}
				time.Sleep(tt.within)
				if said := r.log.All(); len(said) > 0 {
					t.Errorf("at a rate of %v: %v", tt.rate, said)
				}
				totals := r.in.Mount.Totals()
				for how, length := range totals.Paid {
					if (length > 0) != (how == tt.paid) {
						t.Errorf("at a rate of %v, %v are paid %s", tt.rate, length, how)
					}
				}
				if totals.Held > 0 {
					t.Errorf("at a rate of %v, it is held back for %v", tt.rate, totals.Held)
				}
			})
		})
	}
}
