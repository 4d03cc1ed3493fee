package mounts

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

// ffmpeg and others send a page of Ogg a second. A page that is on its way is not missing,
// not even to listeners of a stream that has just begun, and not where another source takes
// over. One that does not come is.
func TestLongPagesAreNotMissing(t *testing.T) {
	for _, length := range []time.Duration{200 * time.Millisecond, time.Second, 1500 * time.Millisecond} {
		t.Run(length.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRegistry(t, "[[mount]]\nname = '/live'\ntakeover = 'newest'\n")
				defer r.Close()
				late := rand.New(rand.NewPCG(1, 1))
				unit := sample(t, opusFile)[0]
				unit.Length = 100 * time.Millisecond
				send := func(in *Input, pages int) {
					due := time.Now()
					for range pages {
						time.Sleep(time.Until(due.Add(time.Duration(late.Int64N(int64(100 * time.Millisecond))))))
						for range length / unit.Length { // a long page becomes several units
							in.Write(unit)
						}
						due = due.Add(length)
						time.Sleep(time.Until(due))
					}
				}
				in := attach(t, r, "/live", LiveSource)
				m := in.Mount
				send(in, 1)
				listener := &Listener{}
				if err := m.Audience.Join(listener); err != nil {
					t.Fatal(err)
				}
				_, _, took := m.Stream.Join(m.Burst(), nil)
				m.Audience.Took(listener, took)
				send(in, 30)
				if paid := m.Totals().Paid; paid[PaidAtSplice]+paid[PaidInPauses]+paid[LeftOut] != 0 {
					t.Errorf("a source in time: %v", paid)
				}
				in = attach(t, r, "/live", LiveSource)
				send(in, 30)
				if paid := m.Totals().Paid[PaidAtSplice]; paid != 0 {
					t.Errorf("at the take-over: %v", paid)
				}
				time.Sleep(length + 2*time.Second)
				if paid := m.Totals().Paid[PaidAtSplice]; paid < time.Second {
					t.Errorf("a page that does not come: %v", paid)
				}
			})
		})
	}
}
