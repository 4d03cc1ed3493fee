package history

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"testing"
	"time"

	"relay/conf"
)

// opened waits for the database to be open and returns it.
func (r *running) opened(t *testing.T) *database {
	t.Helper()
	d, err := r.reading(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// rows returns the number of rows of a table.
func (r *running) rows(t *testing.T, table string) (n int) {
	t.Helper()
	if err := r.opened(t).read.QueryRow(`SELECT count(*) FROM ` + table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// addBriefStays adds n stays of the given length, all ending in one minute.
func (r *running) addBriefStays(n int, stay time.Duration, addr func(i int) string) {
	for i := range n {
		r.Listened(Session{Mount: "/live", Since: began.Add(time.Duration(i) * time.Millisecond), Stayed: stay, Addr: netip.MustParseAddr(addr(i)), Agent: fmt.Sprint("Agent/", i), Bytes: 10})
	}
}

func (r *running) report(t *testing.T, about Span) MountListening {
	t.Helper()
	list, err := r.Listening(context.Background(), about)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) == 0 {
		return MountListening{}
	}
	return list[0]
}

// Brief stays make no more rows than a person's would, no matter who makes how many,
// and the reports count all of them.
func TestBriefStaysAreAddedUp(t *testing.T) {
	const n = 10_000
	for name, tt := range map[string]struct {
		addr  func(i int) string
		alone int // rows of their own
	}{
		"of one address":  {func(int) string { return "192.0.2.1" }, maxBrief},
		"of one /64":      {func(i int) string { return fmt.Sprintf("2001:db8::%x", i+1) }, maxBrief},
		"of all networks": {func(i int) string { return fmt.Sprintf("2001:db8:%x:%x::1", i/100, i%100) }, maxBriefs},
	} {
		t.Run(name, func(t *testing.T) {
			for _, c := range []conf.History{inFile(t), {HashIP: true}} {
				r := start(t, c)
				r.addBriefStays(n, 100*time.Millisecond, tt.addr)
				r.awaitSessions(t, n)
				if alone, together := r.rows(t, "listening"), r.rows(t, "brief"); alone != tt.alone || together != 1 {
					t.Errorf("%d rows of one stay, and %d of several", alone, together)
				}
				row := r.report(t, Span{})
				if want := hours(n * 100); row.Hours < want-0.001 || row.Hours > want+0.001 || row.AverageSeconds < 0.09 || row.AverageSeconds > 0.11 {
					t.Errorf("%v hours, want %v; %v seconds each", row.Hours, want, row.AverageSeconds)
				}
				if row.UniqueListeners > tt.alone+1 || row.Peak < 80 || row.Peak > 250 {
					t.Errorf("%d unique listeners, %d at once", row.UniqueListeners, row.Peak)
				}
				if row := r.report(t, Span{From: after(-60), To: after(60)}); row.Sessions != n {
					t.Errorf("%d sessions in that hour", row.Sessions)
				}
				if list, err := r.Listening(context.Background(), Span{From: after(5), To: after(60)}); err != nil || len(list) != 0 {
					t.Errorf("later there were %v, %v", list, err)
				}
				players, err := r.Players(context.Background(), Span{})
				sum := int64(0)
				for _, p := range players {
					sum += p.Sessions
				}
				if err != nil || sum != n {
					t.Errorf("players have %d sessions, %v", sum, err)
				}
			}
		})
	}
}

// Many listeners that leave together, for example at the end of a show, each get a row,
// even behind the single address of a university.
func TestLongStaysAreNotAddedUp(t *testing.T) {
	r := start(t, inFile(t))
	for range 500 {
		r.Listened(stayed("1", 0, 90))
	}
	r.awaitSessions(t, 500)
	if n := r.rows(t, "listening"); n != 500 {
		t.Errorf("%d rows", n)
	}
	if row := r.report(t, Span{}); row.Peak != 500 || row.Hours != 750 {
		t.Errorf("%+v", row)
	}
}

func TestTheNextMinuteHasItsOwnRows(t *testing.T) {
	var tally tally
	client := netip.MustParsePrefix("192.0.2.1/32")
	for minute := range int64(3) {
		for i := range 2 * maxBrief {
			if room, _ := tally.room(client, minute); room != (i < maxBrief) {
				t.Fatalf("minute %d, stay %d: %v", minute, i, room)
			}
		}
	}
}

// Sums of brief stays are deleted when they are too old, like other rows.
func TestBriefStaysGrowOld(t *testing.T) {
	c := inFile(t)
	r := start(t, c)
	for range 1000 {
		r.Listened(Session{Mount: "/live", Since: time.Now().Add(-2 * time.Hour), Stayed: time.Millisecond, Addr: netip.MustParseAddr("192.0.2.1"), Agent: "Agent"})
	}
	r.awaitSessions(t, 1000)
	r.stop()
	c.Keep = conf.Duration(time.Hour)
	r = start(t, c)
	eventually(t, "the file to be open", func() bool { return sessions(r.Store) == 0 })
	if n := r.rows(t, "brief") + r.rows(t, "listening") + r.rows(t, "agents"); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}

// A file grows to its maximum size and no further: the oldest rows of all tables are
// deleted, recent ones stay, and the freed space is used again.
func TestTheFileIsBounded(t *testing.T) {
	c := inFile(t)
	c.MaxSize = 1 << 20
	r := start(t, c)
	minute := 0
	write := func(minutes int) {
		for range minutes {
			for i := range 50 {
				r.Listened(Session{Mount: "/live", Since: after(minute), Stayed: 2 * time.Minute, Addr: netip.MustParseAddr(fmt.Sprintf("192.0.2.%d", i)), Agent: fmt.Sprintf("Player/%d.%d", minute, i)})
			}
			r.Played(Track{Mount: "/live", Play: int64(minute) + 1, Title: fmt.Sprint("Title ", minute), Since: after(minute)})
			r.Sample(after(minute), map[string]int{"/live": 50})
			minute++
		}
		eventually(t, "all to be written", func() bool { return len(r.queue) == 0 })
		eventually(t, "the last minute", func() bool { return r.report(t, Span{From: after(minute - 1), To: after(minute)}).Peak >= 50 })
	}
	for range 8 {
		write(40)
		if info, err := os.Stat(c.File); err != nil || info.Size() > int64(c.MaxSize) {
			t.Fatalf("%d bytes, %v", info.Size(), err)
		}
	}
	if n := r.log.FilterMessageSnippet("reached history.max_size").Len(); n == 0 || n > 30 {
		t.Errorf("said %d times that old rows were removed", n)
	}
	first := r.report(t, Span{})
	titles, _, err := r.Titles(context.Background(), Span{}, 0, 1)
	if err != nil || len(titles) != 1 || titles[0].Since.Before(began.Add(time.Hour)) {
		t.Errorf("the oldest title is %v, %v; %+v", titles, err, first)
	}
	curve, err := r.Curve(context.Background(), Span{}, time.Minute)
	if err != nil || curve[0].At.Sub(titles[0].Since).Abs() > 10*time.Minute {
		t.Errorf("curve begins at %v, titles at %v", curve[0].At, titles[0].Since)
	}
	r.stop()
	c.MaxSize = 512 << 10 // less than before
	r = start(t, c)
	r.Listened(stayed("1", minute, 5))
	eventually(t, "the file to be smaller", func() bool { return sizeOf(c.File) <= 512<<10 })
	if row := r.report(t, Span{From: after(minute - 2), To: after(minute)}); row.Peak < 50 {
		t.Errorf("the newest are gone: %+v", row)
	}
}
