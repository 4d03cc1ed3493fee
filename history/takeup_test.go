package history

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// dj returns an airtime of /live that has begun.
func dj(at time.Time) Airtime {
	return Airtime{Mount: "/live", Kind: "live", Agent: "butt 1.45", User: "dj", Since: at}
}

// An airtime is in the file from its beginning, and ends at the last stamp of a server
// that was killed.
func TestTurnOfAServerThatWasKilled(t *testing.T) {
	c := inFile(t)
	r := start(t, c)
	for _, from := range []int{0, 20} {
		r.Began(dj(after(from)))
		r.Played(Track{"/live", int64(from) + 1, "Song", after(from), 0})
	}
	ended := dj(after(0))
	ended.Stayed, ended.Reason = 10*time.Minute, "closed the connection"
	r.Sourced(ended)
	r.Played(Track{"/live", 22, "Last", after(30), 0})
	late := dj(after(50)) // after the last stamp
	late.Mount = "/late"
	r.Began(late)
	r.settle(t)
	r.stop()
	ranUntil(t, c.File, 0, 33)

	r = start(t, c)
	r.Began(dj(after(40)))
	r.settle(t)
	got, err := r.Sources(context.Background(), Span{Mount: "/live", To: after(41)})
	same(t, got, err,
		SourceSession{"/live", "live", "", "butt 1.45", "dj", after(0), 600, "closed the connection"},
		SourceSession{"/live", "live", "", "butt 1.45", "dj", after(20), 780, killed},
		SourceSession{"/live", "live", "", "butt 1.45", "dj", after(40), 60, ""})
	got, err = r.Sources(context.Background(), Span{Mount: "/late", From: after(49)})
	same(t, got, err, SourceSession{"/late", "live", "", "butt 1.45", "dj", after(50), 0, killed}) // its length is unknown
	plays, _, err := r.Titles(context.Background(), Span{Mount: "/live"}, 0, 0)
	if err != nil || len(plays) != 3 || plays[2].Seconds != 180 || plays[2].Title != "Last" {
		t.Errorf("plays %+v, %v", plays, err)
	}
}

// A report contains a current airtime once, whether it is written yet or not.
func TestTurnThatGoesOnIsReportedOnce(t *testing.T) {
	now := time.Now()
	written, untold := dj(now.Add(-time.Hour)), dj(now.Add(-time.Minute))
	untold.Mount = "/other"
	onAir := []Airtime{written, untold}
	var ended atomic.Bool
	r := told(t, func(s *Store) {
		s.present = goingOn{airtimes: func() []Airtime {
			if ended.Load() {
				return nil
			}
			return onAir
		}}
		s.Began(written)
		s.Began(written)
	})
	got, err := r.Sources(context.Background(), Span{From: now.Add(-2 * time.Hour), To: now})
	if err != nil || len(got) != 2 || got[0].Mount != "/live" || got[0].Seconds < 3599 || got[1].Mount != "/other" {
		t.Errorf("got %+v, %v", got, err)
	}
	written.Stayed, written.Reason = time.Hour, "closed the connection"
	ended.Store(true)
	r.Sourced(written)
	r.settle(t)
	got, err = r.Sources(context.Background(), Span{Mount: "/live"})
	if err != nil || len(got) != 1 || got[0].Reason == "" || got[0].Seconds != 3600 {
		t.Errorf("got %+v, %v", got, err)
	}
}

// After an older copy has replaced the file in use, the copy's open airtimes that have
// ended since are ended.
func TestTurnsOfACopyFromBefore(t *testing.T) {
	c := inFile(t)
	copied := inFile(t)
	before := start(t, copied)
	goesOn, over := dj(after(0)), dj(after(5))
	over.Kind = "files"
	before.Began(over)
	before.Began(goesOn)
	before.Played(Track{"/live", 1, "Goes on", after(10), 0})
	before.settle(t)
	before.stop()
	ranUntil(t, copied.File, 0, 15)

	goesOn.Play = 1
	r := start(t, c, func(s *Store) { s.present = goingOn{airtimes: func() []Airtime { return []Airtime{goesOn} }} })
	r.settle(t)
	r.stop()
	w := newWriter(r.Store)
	w.resumed = true
	w.store.conf.File = copied.File
	if err := w.write(); err != nil {
		t.Fatal(err)
	}
	defer w.close("")
	got, err := r.Sources(context.Background(), Span{Mount: "/live", To: after(60)})
	same(t, got, err, SourceSession{"/live", "live", "", "butt 1.45", "dj", after(0), 3600, ""},
		SourceSession{"/live", "files", "", "butt 1.45", "dj", after(5), 600, killed})
	plays, _, err := r.Titles(context.Background(), Span{Mount: "/live"}, 0, 0)
	if err != nil || len(plays) != 1 || plays[0].Seconds < 3600 {
		t.Errorf("plays %+v, %v", plays, err)
	}
}

// Airtimes that an older version wrote at their end stay unchanged.
func TestTurnsOfAnOldFile(t *testing.T) {
	c := inFile(t)
	oldFile(t, c.File, 2, `INSERT INTO mounts VALUES (1, '/live')`,
		`INSERT INTO sources VALUES (1, 'live', '', 'butt 1.45', 'dj', ?1, ?1 + 60000, 'closed the connection')`)
	r := start(t, c)
	r.Began(dj(after(2)))
	r.settle(t)
	got, err := r.Sources(context.Background(), Span{Mount: "/live", To: after(3)})
	same(t, got, err, SourceSession{"/live", "live", "", "butt 1.45", "dj", after(0), 60, "closed the connection"},
		SourceSession{"/live", "live", "", "butt 1.45", "dj", after(2), 60, ""})
}

// A listener that was present when the server was killed has a stay until the last
// stamp. One that had left before keeps the stay that was recorded.
func TestStaysOfAServerThatWasKilled(t *testing.T) {
	c := inFile(t)
	h := &currentListeners{here: map[uint64]Session{}}
	for id, minutes := range []float64{1, 0, 99} {
		l := heardBy("1", 60, 60+60*minutes)
		l.ID = uint64(id) + 1
		h.here[l.ID] = l
	}
	r := start(t, c, func(s *Store) { s.present = goingOn{sessions: h.present} })
	r.settle(t) // the first stamp is written
	h.leave(1, r.Store)
	h.leave(2, r.Store)
	r.settle(t)
	r.stop()
	ranUntil(t, c.File, 0, 6)
	for range 2 {
		r = start(t, c)
		got, err := r.Listening(context.Background(), Span{Mount: "/live"})
		when := moment(after(1).UnixMilli())
		if err != nil || len(got) != 1 || got[0].Sessions != 3 || got[0].Hours != hours(6*60_000) || !got[0].PeakAt.Equal(when) {
			t.Errorf("got %+v, %v", got, err)
		}
		r.stop()
	}
	d, err := openDatabase(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var reasons string
	if err := d.QueryRow(`SELECT group_concat(reason) FROM (SELECT reason FROM listening ORDER BY until)`).Scan(&reasons); err != nil || reasons != "left,left,"+killed {
		t.Errorf("reasons %s, %v", reasons, err)
	}
}

// The row of a noted listener is removed if it leaves without a stay to record, as a
// listener does that no longer counts after a reload.
func TestNotedListenerWithoutAStay(t *testing.T) {
	h := &currentListeners{here: map[uint64]Session{}}
	l := heardBy("1", 0, 60)
	l.ID = 7
	h.here[l.ID] = l
	r := start(t, inFile(t), func(s *Store) { s.present = goingOn{sessions: h.present} })
	r.stop()
	w := newWriter(r.Store)
	for seconds := range 4 {
		ran := time.Duration(seconds) * stampEvery
		w.batch = nil
		w.stamp(began.Add(ran), ran)
		delete(h.here, l.ID)
		removed := slices.Contains(w.batch, entry(left{l.ID, l.Since}))
		if removed != (seconds == 3) || len(w.noted) == 1 == (seconds == 3) {
			t.Errorf("stamp %d: removed %v, noted %v", seconds, removed, w.noted)
		}
	}
}
