package history

import (
	"context"
	"database/sql"
	"testing"
	"time"
)

// late returns a time that many seconds after the beginning.
func late(seconds float64) time.Time {
	return began.Add(time.Duration(seconds * float64(time.Second)))
}

// airtime returns an airtime of /live.
func airtime(from, until float64) Airtime {
	return Airtime{Mount: "/live", Kind: "live", Since: late(from), Stayed: late(until).Sub(late(from))}
}

func heardBy(who string, from, until float64) Session {
	l := stayed(who, 0, 0)
	l.Since, l.Stayed = late(from), late(until).Sub(late(from))
	return l
}

// The length of a play is its time on the air without interruptions. A listener that
// heard some of it counts once.
func TestPlayThatGoesOnAfterAnotherInput(t *testing.T) {
	r := told(t, func(s *Store) {
		s.Listened(heardBy("1", 0, 200)) // hears both parts
		s.Listened(heardBy("2", 70, 80)) // comes and goes during the interruption
		s.Listened(heardBy("3", 75, 170))
		s.Listened(heardBy("4", 165, 300))
		s.Played(Track{"/live", 1, "T", late(0), 1})
		s.Sourced(airtime(0, 40))
		s.Played(Track{"/live", 0, "", late(40), 1}) // a live source without a title
		s.Sourced(airtime(40, 160))
		s.Played(Track{"/live", 1, "T", late(160), 2})
		s.Played(Track{"/live", 2, "T", late(180.5), 2}) // it starts again
		s.Sourced(airtime(160, 240.5))
	})
	ctx := context.Background()
	first := Play{"T", "/live", late(0), 60.5, 1, 3, per(40_000+20_500+10_000+15_500, 60_500), hours(86_000)}
	second := Play{"T", "/live", late(180), 60, 2, 2, per(19_500+60_000, 60_000), hours(79_500)}
	got, total, err := r.Titles(ctx, Span{}, 0, 0)
	same(t, got, err, first, second)
	if total != 2 {
		t.Errorf("%d in all", total)
	}
	got, _, err = r.Titles(ctx, Span{From: late(0), To: late(1)}, 0, 1)
	same(t, got, err, first)
	got, total, err = r.Titles(ctx, Span{From: late(150), To: late(170)}, 0, 0)
	same(t, got, err) // it began before
	if total != 0 {
		t.Errorf("%d in all", total)
	}
	totals, err := r.TitleTotals(ctx, Span{})
	same(t, totals, err, TitleTotal{"T", 2, 120.5, 5, hours(86_000 + 79_500)})
}

// Titles that go by within a moment are not plays.
func TestTitlesThatWereNotHeard(t *testing.T) {
	r := told(t, func(s *Store) {
		s.Played(Track{"/live", 1, "Of the past", late(0), 0})
		s.Played(Track{"/live", 2, "Of the past too", late(0.01), 0})
		s.Played(Track{"/live", 3, "Heard", late(0.05), 0})
		s.Played(Track{"/live", 4, "Typo", late(100), 0})
		s.Played(Track{"/live", 5, "Corrected", late(100.9), 0})
		s.Sourced(airtime(0, 200))
		s.Played(Track{"/live", 3, "Heard", late(300), 0})
		s.Sourced(airtime(300, 300.5))
		s.Played(Track{"/live", 6, "A second", late(400), 0})
		s.Sourced(airtime(400, 401))
	})
	got, total, err := r.Titles(context.Background(), Span{}, 0, 0)
	same(t, got, err, Play{Title: "Heard", Mount: "/live", Since: late(0), Seconds: 99.95},
		Play{Title: "Corrected", Mount: "/live", Since: late(100), Seconds: 99.1},
		Play{Title: "A second", Mount: "/live", Since: late(400), Seconds: 1})
	if total != 3 {
		t.Errorf("%d in all", total)
	}
}

// A broadcast on several mounts is one play of its title, heard by the listeners of all
// mounts. A listener that is moved between two of them hears it once. One that leaves
// and joins another mount has two sessions.
func TestPlayOnSeveralMounts(t *testing.T) {
	on := func(mount string, l Session) Session {
		l.Mount = mount
		return l
	}
	moved := func(l Session) Session {
		l.Reason = "moved"
		return l
	}
	ends := func(mount string) Airtime {
		s := airtime(0, 240)
		s.Mount = mount
		return s
	}
	r := told(t, func(s *Store) {
		s.Listened(moved(on("/live", heardBy("1", 0, 100))))
		s.Listened(on("/live", heardBy("4", 10, 20)))
		s.Listened(on("/backup", heardBy("4", 90, 95)))
		s.Listened(moved(on("/low", heardBy("5", 60, 70))))
		s.Listened(moved(on("/low", heardBy("5", 60, 70)))) // two with one address and player
		s.Listened(moved(on("/live", heardBy("5", 70.01, 80))))
		s.Listened(on("/live", heardBy("5", 70.01, 80)))
		s.Listened(on("/backup", heardBy("5", 80.01, 90)))
		s.Listened(on("/low", heardBy("2", 0, 100)))
		s.Listened(on("/backup", heardBy("3", 0, 100)))
		s.Listened(on("/backup", heardBy("1", 100, 200)))
		s.Played(Track{"/live", 1, "T", late(0), 1})
		s.Played(Track{"/low", 1, "T", late(0.2), 1})
		s.Played(Track{"/backup", 1, "T", late(50), 1})
		s.Played(Track{"/live", 2, "T", late(120), 0})
		s.Played(Track{"/low", 2, "T", late(120.2), 0})
		s.Played(Track{"/backup", 3, "Own", late(121), 0})
		for _, mount := range []string{"/live", "/low", "/backup"} {
			s.Sourced(ends(mount))
		}
	})
	ctx := context.Background()
	totals, err := r.TitleTotals(ctx, Span{})
	same(t, totals, err, TitleTotal{"T", 2, 240, 7, hours(100_000 + 99_800 + 50_000 + 21_000 + 64_970)}, TitleTotal{"Own", 1, 119, 1, hours(79_000)})
	_, total, err := r.Titles(ctx, Span{}, 0, 0)
	if err != nil || total != 6 {
		t.Errorf("%d plays, a row for each mount; %v", total, err)
	}
	totals, err = r.TitleTotals(ctx, Span{Mount: "/backup"})
	same(t, totals, err, TitleTotal{"Own", 1, 119, 1, hours(79_000)}, TitleTotal{"T", 1, 71, 4, hours(50_000 + 21_000 + 14_990)})
}

// oldFile creates a history as relay wrote it at a version, with the given statements.
func oldFile(t *testing.T, file string, version int, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for v := range version {
		if err := migrateTo(db, v+1); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range statements {
		if _, err := db.Exec(s, began.UnixMilli()); err != nil {
			t.Fatal(err)
		}
	}
}

// Each title in a file that is older than plays is a play of its own.
func TestTitlesOfAnOldFile(t *testing.T) {
	c := inFile(t)
	oldFile(t, c.File, 2, `INSERT INTO mounts VALUES (1, '/live'), (2, '/other')`,
		`INSERT INTO titles VALUES (1, 'One', ?1, ?1 + 60000, 2), (1, 'One', ?1 + 60000, ?1 + 90000, 1), (2, 'One', ?1, ?1 + 30000, 0), (1, 'Short', ?1, ?1, 0)`)
	r := start(t, c)
	r.Played(Track{"/live", 1, "One", late(100), 0})
	r.Played(Track{"/live", 2, "One", late(110), 0})
	r.Played(Track{"/live", 0, "", late(130), 0})
	r.settle(t)
	got, err := r.TitleTotals(context.Background(), Span{})
	same(t, got, err, TitleTotal{Title: "One", Plays: 5, Seconds: 150}, TitleTotal{Title: "Short", Plays: 1})
}
