package mounts

import (
	"testing"
	"testing/synctest"
	"time"

	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
)

// Clocks that are 200 ppm apart cost nobody a gap in a day, nor a growing delay.
func TestClocksApart(t *testing.T) {
	h := frametest.Header(8000, 8000, 1)
	for name, ppm := range map[string]int64{"slow": -200, "exact": 0, "fast": 200} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRegistry(t, "")
				in := attach(t, r, "/live", LiveSource)
				m := in.Mount
				frame := mp3.Frame{Header: h, Data: frametest.Numbered(h, 1)}.Unit()
				every := h.Duration() - h.Duration()*time.Duration(ppm)/1e6
				var sent time.Duration // by the clock of the source
				began := time.Now()
				pass := func() {
					time.Sleep(500 * time.Millisecond)
					for ; sent < time.Since(began); sent += every {
						in.Write(frame)
					}
				}
				for range 20 {
					pass()
				}
				l := &Listener{}
				if err := m.Audience.Join(l); err != nil {
					t.Fatal(err)
				}
				const burst = 5 * time.Second
				base := m.Stream.Played() - time.Since(began)
				lowest, most := burst, burst
				for time.Since(began) < 24*time.Hour {
					pass()
					lead := burst + m.Stream.Played() - time.Since(began) - base
					lowest, most = min(lowest, lead), max(most, lead)
				}
				t.Logf("a listener holds %v to %v; %v", lowest, most, m.Totals().Paid)
				if lowest < burst-time.Second || most > burst+time.Second {
					t.Errorf("a listener holds %v to %v", lowest, most)
				}
				r.Close()
			})
		})
	}
}
