package history

import (
	"context"
	"fmt"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"relay/conf"
)

// told runs a store with the entries that tell makes, and waits until they can be
// reported.
func told(t *testing.T, tell func(*Store)) *running {
	t.Helper()
	r := start(t, conf.History{HashIP: true}, tell)
	r.settle(t)
	return r
}

// settle waits until all entries so far can be reported.
func (r *running) settle(t *testing.T) {
	t.Helper()
	mark := fmt.Sprintf("/settled-%d", time.Now().UnixNano())
	r.Sourced(Airtime{Mount: mark, Since: began.AddDate(-1, 0, 0), Stayed: time.Second})
	eventually(t, "what was told to be in the reports", func() bool {
		list, err := r.Sources(context.Background(), Span{Mount: mark})
		return err == nil && len(list) == 1
	})
}

// same compares a report with the expected one.
func same[R any](t *testing.T, got []R, err error, want ...R) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want) {
		t.Fatalf("got  %+v\nwant %+v", got, want)
	}
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("row %d\ngot  %+v\nwant %+v", i, got[i], want[i])
		}
	}
}

func between(from, to int) Span { return Span{From: after(from), To: after(to)} }

func at(minutes int) *time.Time {
	when := after(minutes)
	return &when
}

func TestListening(t *testing.T) {
	r := told(t, func(s *Store) {
		s.Listened(stayed("1", 0, 60))
		s.Listened(stayed("2", 30, 60))
		s.Listened(stayed("1", 60, 30)) // comes back as it leaves
		s.Listened(stayed("3", 60, 30))
		other := stayed("1", 15, 90)
		other.Mount = "/other"
		s.Listened(other)
	})
	ctx := context.Background()
	live := MountListening{Mount: "/live", Sessions: 4, Hours: 3, UniqueListeners: 3, AverageSeconds: 2700, AverageListeners: 2, Peak: 3, PeakAt: at(60)}
	other := MountListening{Mount: "/other", Sessions: 1, Hours: 1.5, UniqueListeners: 1, AverageSeconds: 5400, AverageListeners: 1, Peak: 1, PeakAt: at(15)}
	all := MountListening{Sessions: 5, Hours: 4.5, UniqueListeners: 3, AverageSeconds: 3240, AverageListeners: 2.5714, Peak: 4, PeakAt: at(60)}
	got, err := r.Listening(ctx, between(0, 120))
	same(t, got, err, live, other, all)

	got, err = r.Listening(ctx, Span{Mount: "/live", From: after(0), To: after(120)})
	same(t, got, err, live)

	// Of stays that extend beyond the span, the part inside counts.
	got, err = r.Listening(ctx, Span{Mount: "/live", From: after(45), To: after(75)})
	same(t, got, err, MountListening{
		Mount: "/live", Sessions: 4, Hours: 1.25, UniqueListeners: 3, AverageSeconds: 1125, AverageListeners: 2.5, Peak: 3, PeakAt: at(60),
	})
	for _, empty := range []Span{between(200, 300), {Mount: "/none"}, between(300, 200), {Mount: "/live", From: after(90)}, {Mount: "/live", To: after(0)}} {
		got, err = r.Listening(ctx, empty)
		same(t, got, err)
	}
}

func TestListenersWhoAreHereCount(t *testing.T) {
	now := time.Now()
	here := Session{Mount: "/live", Since: now.Add(-time.Hour), Addr: netip.MustParseAddr("192.0.2.1"), Agent: "mpv 0.39.0"}
	r := told(t, func(s *Store) {
		here := here
		s.present = goingOn{sessions: func() []Session { return []Session{here} }}
		before := here
		before.Since, before.Stayed = now.Add(-3*time.Hour), time.Hour
		s.Listened(before)
	})
	got, err := r.Listening(context.Background(), Span{Mount: "/live", From: now.Add(-4 * time.Hour), To: now})
	when := moment(now.Add(-3 * time.Hour).UnixMilli())
	same(t, got, err, MountListening{
		Mount: "/live", Sessions: 2, Hours: 2, UniqueListeners: 1, AverageSeconds: 3600, AverageListeners: 1, Peak: 1, PeakAt: &when,
	})
	players, err := r.Players(context.Background(), Span{To: now})
	same(t, players, err, Player{"mpv", 2, 2})
}

func TestStaysOfManyDays(t *testing.T) {
	r := told(t, func(s *Store) {
		s.Listened(stayed("1", 0, 24*60))
		s.Listened(stayed("2", 0, 24*60+1))
		s.Listened(stayed("3", 0, 30*24*60))
	})
	for _, tt := range []struct {
		from, to int
		sessions int64
	}{
		{0, 1, 3}, {24*60 - 1, 24 * 60, 3}, {24 * 60, 24*60 + 1, 2}, {24*60 + 1, 24*60 + 2, 1}, {29 * 24 * 60, 40 * 24 * 60, 1}, {30 * 24 * 60, 40 * 24 * 60, 0},
	} {
		got, err := r.Listening(context.Background(), between(tt.from, tt.to))
		if err != nil {
			t.Fatal(err)
		}
		var n int64
		for _, row := range got {
			n += row.Sessions
		}
		if n != tt.sessions {
			t.Errorf("%d to %d: %d sessions, want %d", tt.from, tt.to, n, tt.sessions)
		}
	}
}

func TestTitles(t *testing.T) {
	r := told(t, func(s *Store) {
		s.Listened(stayed("1", 0, 60))
		s.Listened(stayed("2", 5, 60))
		s.Listened(stayed("3", 50, 60))
		s.Played(Track{"/live", 1, "One", after(0), 1})
		s.Played(Track{"/live", 2, "Two", after(10), 2})
		s.Played(Track{"/other", 3, "One", after(10), 0})
		s.Played(Track{"/live", 4, "One", after(20), 2})
		s.Sourced(Airtime{Mount: "/live", Kind: "live", Since: after(0), Stayed: 30 * time.Minute})
		s.Sourced(Airtime{Mount: "/other", Kind: "files", Since: after(0), Stayed: 70 * time.Minute})
	})
	ctx := context.Background()
	rows := []Play{
		{"One", "/live", after(0), 600, 1, 2, 1.5, 0.25},
		{"Two", "/live", after(10), 600, 2, 2, 2, 0.3333},
		{"One", "/other", after(10), 3600, 0, 0, 0, 0},
		{"One", "/live", after(20), 600, 2, 2, 2, 0.3333},
	}
	for _, tt := range []struct {
		about         Span
		offset, limit int
		want          []Play
		total         int
	}{
		{Span{}, 0, 0, rows, 4},
		{Span{}, 1, 2, rows[1:3], 4},
		{Span{}, 9, 2, nil, 4},
		{Span{Mount: "/other"}, 0, 0, rows[2:3], 1},
		{between(5, 20), 0, 0, rows[1:3], 2}, // a play belongs to the span in which it began, as a whole
		{Span{Mount: "/none"}, 0, 0, nil, 0},
	} {
		got, total, err := r.Titles(ctx, tt.about, tt.offset, tt.limit)
		same(t, got, err, tt.want...)
		if total != tt.total {
			t.Errorf("%v: %d in all, want %d", tt.about, total, tt.total)
		}
	}
	totals, err := r.TitleTotals(ctx, Span{})
	same(t, totals, err, TitleTotal{"One", 3, 4800, 4, 0.5833}, TitleTotal{"Two", 1, 600, 2, 0.3333})
}

// Rounding errors of binary fractions must not show in the output.
func TestSumsArePrintedShort(t *testing.T) {
	var one time.Duration
	r := told(t, func(s *Store) {
		for i, length := range []int{1397, 1397, 1396, 1100, 1200, 1118, 1122} { // ms
			s.Played(Track{Mount: "/live", Play: int64(i) + 1, Title: fmt.Sprint("even ", i%2 == 0), Since: after(0).Add(one)})
			one += time.Duration(length) * time.Millisecond
		}
		s.Sourced(Airtime{Mount: "/live", Kind: "live", Since: after(0), Stayed: one})
	})
	totals, err := r.TitleTotals(context.Background(), Span{Mount: "/live"})
	same(t, totals, err, TitleTotal{"even true", 4, 5.115, 0, 0}, TitleTotal{"even false", 3, 3.615, 0, 0})
	for at := 0; at < 1e6; at++ {
		sum := rounded(seconds(int64(at)) + seconds(4190))
		if text := cell(sum); len(text) > len("1004.189") {
			t.Fatalf("%d ms and 4190 ms are %s s", at, text)
		}
	}
}

func TestTitlesEndWhenTheClockIsSetBack(t *testing.T) {
	r := told(t, func(s *Store) {
		s.Played(Track{Mount: "/live", Play: 1, Title: "One", Since: after(60)})
		s.Played(Track{Mount: "/live", Play: 2, Title: "Two", Since: after(0)})
		s.Played(Track{Mount: "/live", Play: 3, Title: "Three", Since: after(5)})
		s.Sourced(Airtime{Mount: "/live", Since: after(0), Stayed: 10 * time.Minute})
	})
	got, _, err := r.Titles(context.Background(), Span{To: after(100)}, 0, 0)
	same(t, got, err, Play{Title: "Two", Mount: "/live", Since: after(0), Seconds: 300},
		Play{Title: "Three", Mount: "/live", Since: after(5), Seconds: 300}, Play{Title: "One", Mount: "/live", Since: after(60)})
}

// When a title ended is unknown after the server was killed.
func TestTitleOfAServerThatWasKilled(t *testing.T) {
	c := inFile(t)
	r := start(t, c)
	r.Played(Track{Mount: "/live", Play: 1, Title: "Last", Since: after(0)})
	r.settle(t)
	r.stop()
	ranUntil(t, c.File, 0, 7)
	r = start(t, c)
	got, _, err := r.Titles(context.Background(), Span{}, 0, 0)
	same(t, got, err, Play{Title: "Last", Mount: "/live", Since: after(0), Seconds: 420})
}

func TestTitleOnTheAirHasNotEnded(t *testing.T) {
	r := told(t, func(s *Store) {
		s.Played(Track{Mount: "/live", Play: 1, Title: "Now", Since: time.Now().Add(-time.Hour)})
	})
	got, _, err := r.Titles(context.Background(), Span{}, 0, 0)
	if err != nil || len(got) != 1 || got[0].Seconds < 3600 || got[0].Seconds > 3600+patience.Seconds() {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestPlayers(t *testing.T) {
	r := told(t, func(s *Store) {
		for i, agent := range []string{"VLC/3.0.20 LibVLC/3.0.20", "VLC/4", "mpv 0.39.0", "VLC/3.0.20 LibVLC/3.0.20"} {
			one := stayed("1", 10*i, 30)
			one.Agent = agent
			s.Listened(one)
		}
	})
	got, err := r.Players(context.Background(), between(0, 40))
	same(t, got, err, Player{"VLC", 3, 1.1667}, Player{"mpv", 1, 0.3333})
}

func TestPlayersOfStrangersAreBounded(t *testing.T) {
	r := told(t, func(s *Store) {
		for i := range 3 * maxPlayers {
			one := stayed("1", 0, 60)
			one.Agent = fmt.Sprintf("Made-Up-%d/1.0", i)
			s.Listened(one)
		}
	})
	got, err := r.Players(context.Background(), between(0, 60))
	if err != nil || len(got) != maxPlayers || got[maxPlayers-1] != (Player{otherPlayers, 2*maxPlayers + 1, 2*maxPlayers + 1}) {
		t.Errorf("%d players, the last is %v; %v", len(got), got[len(got)-1], err)
	}
}

func TestSources(t *testing.T) {
	now := time.Now()
	r := told(t, func(s *Store) {
		s.Sourced(Airtime{Mount: "/live", Kind: "live", Addr: netip.MustParseAddr("192.0.2.9"), Agent: "butt 1.45", User: "dj", Since: after(0), Stayed: time.Hour, Reason: "closed the connection"})
		s.Sourced(Airtime{Mount: "/live", Kind: "fallback", Since: after(60), Stayed: time.Hour, Reason: "a better input took the air"})
		s.Sourced(Airtime{Mount: "/other", Kind: "files", Since: after(60), Stayed: time.Hour, Reason: "it ended"})
		s.present = goingOn{airtimes: func() []Airtime {
			return []Airtime{{Mount: "/live", Kind: "live", Addr: netip.MustParseAddr("192.0.2.9"), Agent: "butt 1.45", User: "dj", Since: now.Add(-time.Minute)}}
		}}
	})
	got, err := r.Sources(context.Background(), Span{Mount: "/live", From: after(30), To: after(90)})
	if err != nil || len(got) != 2 || len(got[0].Addr) != 2*hashBytes {
		t.Fatalf("got %v, %v", got, err)
	}
	hash := got[0].Addr
	same(t, got, err,
		SourceSession{"/live", "live", hash, "butt 1.45", "dj", after(30), 1800, "closed the connection"},
		SourceSession{"/live", "fallback", "", "", "", after(60), 1800, "a better input took the air"})
	got, err = r.Sources(context.Background(), Span{Mount: "/live", From: now.Add(-time.Hour), To: now})
	same(t, got, err, SourceSession{"/live", "live", hash, "butt 1.45", "dj", moment(now.Add(-time.Minute).UnixMilli()), got[0].Seconds, ""})
	if got[0].Seconds < 59.9 || got[0].Seconds > 60 {
		t.Errorf("on the air for %v s within the span, want 60", got[0].Seconds)
	}
}

func TestCurve(t *testing.T) {
	r := told(t, func(s *Store) {
		for minute, n := range map[int]int{0: 1, 1: 2, 4: 6, 20: 10, 21: 10} {
			s.Sample(after(minute), map[string]int{"/live": n, "/other": 1})
		}
		s.Sample(after(22), map[string]int{"/other": 5})
		s.Sample(after(23), nil)
	})
	ctx := context.Background()
	got, err := r.Curve(ctx, Span{Mount: "/live", From: after(0), To: after(60)}, 5*time.Minute)
	same(t, got, err, Point{after(0), 3, 6}, Point{after(20), 10, 10})
	got, err = r.Curve(ctx, between(1, 60), 20*time.Minute)
	same(t, got, err, Point{after(1), 7, 11}, Point{after(21), 8, 11})
	got, err = r.Curve(ctx, Span{Mount: "/live", From: after(0), To: after(2)}, 0)
	same(t, got, err, Point{after(0), 1, 1}, Point{after(1), 2, 2})
	got, err = r.Curve(ctx, between(30, 60), time.Hour)
	same(t, got, err)
}

func TestWhatStrangersSendIsKeptAsText(t *testing.T) {
	long := string(make([]byte, 100_000))
	r := told(t, func(s *Store) {
		one := stayed("1", 0, 60)
		one.Agent = "'); DROP TABLE listening; --\xff"
		s.Listened(one)
		one.Agent = long
		s.Listened(one)
		s.Played(Track{Mount: "/live", Play: 1, Title: "\xff<script>\x00", Since: after(0)})
	})
	if got := sessions(r.Store); got != 2 {
		t.Errorf("%d sessions", got)
	}
	got, _, err := r.Titles(context.Background(), Span{To: after(60)}, 0, 0)
	if err != nil || len(got) != 1 || got[0].Title != "<script> " {
		t.Errorf("got %v, %v", got, err)
	}
}
