package history

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"relay/conf"
)

// currentListeners holds the current listeners. Each departure goes to the store at once.
type currentListeners struct {
	mu   sync.Mutex
	here map[uint64]Session
}

func (h *currentListeners) present() (list []Session) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, l := range h.here {
		list = append(list, l)
	}
	return list
}

func (h *currentListeners) leave(id uint64, s *Store) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s.Listened(h.here[id])
	delete(h.here, id)
}

// Every report counts a stay exactly once, also while the stay moves from the current
// listeners to the file, with a row of its own or in a sum of brief stays.
func TestEveryStayIsReportedOnce(t *testing.T) {
	const all = 3 * maxBrief
	for name, c := range map[string]conf.History{"in a file": inFile(t), "in memory": {}} {
		for _, stayed := range []time.Duration{2 * time.Minute, time.Second} {
			t.Run(fmt.Sprintf("%s after %v", name, stayed), func(t *testing.T) {
				if c.File != "" {
					c = inFile(t)
				}
				began := time.Now().Add(-stayed)
				h := &currentListeners{here: map[uint64]Session{}}
				for id := uint64(1); id <= all; id++ {
					h.here[id] = Session{ID: id, Mount: "/live", Since: began, Stayed: stayed, Addr: netip.MustParseAddr("192.0.2.1"), Agent: "mpv"}
				}
				r := start(t, c, func(s *Store) { s.present, s.batchTime = goingOn{sessions: h.present}, time.Millisecond })
				var leaving sync.WaitGroup
				leaving.Go(func() {
					for id := uint64(1); id <= all; id++ {
						h.leave(id, r.Store)
						time.Sleep(time.Millisecond)
					}
				})
				defer leaving.Wait()
				for reports := 0; reports < 50 || len(h.present()) > 0; reports++ {
					got, err := r.Listening(context.Background(), Span{Mount: "/live"})
					if err != nil || len(got) != 1 || got[0].Sessions != all {
						t.Fatalf("report %d: %+v, %v", reports, got, err)
					}
				}
			})
		}
	}
}

// A report includes all entries made before it, however seldom entries are written.
func TestReportHasWhatWasToldBefore(t *testing.T) {
	r := start(t, inFile(t), func(s *Store) { s.batchTime = time.Hour })
	for n := range 5 {
		for range batchMost {
			r.Listened(stayed("1", 0, 10))
		}
		r.Began(dj(after(n)))
		r.Played(Track{"/live", int64(n) + 1, "Song", after(n), 0})
		if got := sessions(r.Store); got != int64(n+1)*batchMost {
			t.Fatalf("%d sessions", got)
		}
		airtimes, err := r.Sources(context.Background(), Span{})
		if err != nil || len(airtimes) != n+1 {
			t.Errorf("%d airtimes, %v", len(airtimes), err)
		}
		_, plays, err := r.Titles(context.Background(), Span{}, 0, 0)
		if err != nil || plays != n+1 {
			t.Errorf("%d plays, %v", plays, err)
		}
	}
}
