package history

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"
)

// ranUntil changes a closed history to that of a server that ran from one minute to
// another and was then killed.
func ranUntil(t *testing.T, file string, from, to int) {
	t.Helper()
	change(t, file, fmt.Sprintf(`DELETE FROM uptimes; INSERT INTO uptimes VALUES (%d, %d)`, after(from).UnixMilli(), after(to).UnixMilli()))
}

// fileAirtime returns the airtime of a file.
func fileAirtime(mount string, from, to int) Airtime {
	return Airtime{Mount: mount, Kind: "files", Since: after(from), Stayed: time.Duration(to-from) * time.Minute, Reason: "ended"}
}

func TestAverageLeavesOutWhenTheServerWasDown(t *testing.T) {
	c := inFile(t)
	r := start(t, c)
	r.Listened(stayed("1", 10, 20))
	r.Listened(stayed("2", 10, 30))
	r.Sourced(fileAirtime("/live", 0, 40))
	r.Sourced(fileAirtime("/other", 50, 60))
	other := stayed("3", 50, 5)
	other.Mount = "/other"
	r.Listened(other)
	r.settle(t)
	r.stop()
	ranUntil(t, c.File, 0, 100)
	r = start(t, c)
	for _, tt := range []struct {
		name             string
		about            Span
		live, other, all float64
	}{
		{"a month", between(-20000, 20000), 1.25, 0.5, 0.55},
		{"the time on the air alone", between(0, 40), 1.25, -1, -1},
		{"a part of it", between(20, 30), 2, -1, -1},
		{"from before the server ran", between(-1000, 40), 1.25, -1, -1},
		{"until the kill", between(0, 100), 1.25, 0.5, 0.55},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := map[string]float64{"/live": tt.live, "/other": tt.other, "": tt.all}
			got, err := r.Listening(context.Background(), tt.about)
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range got {
				if row.AverageListeners != want[row.Mount] {
					t.Errorf("%q has %v listeners on average, want %v", row.Mount, row.AverageListeners, want[row.Mount])
				}
				delete(want, row.Mount)
			}
			for mount, average := range want {
				if average >= 0 {
					t.Errorf("no row of %q", mount)
				}
			}
		})
	}
}

func TestRunsOfTheServerAreStamped(t *testing.T) {
	c := inFile(t)
	began := time.Now()
	for range 2 {
		r := start(t, c)
		r.settle(t)
		r.stop()
	}
	d, err := openDatabase(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var runs, first, last int64
	err = d.QueryRow(`SELECT count(*), min(since), max(until) FROM uptimes WHERE until > since`).Scan(&runs, &first, &last)
	if err != nil || runs != 2 || first < began.UnixMilli() || last > time.Now().UnixMilli() {
		t.Errorf("%d runs from %d to %d, %v", runs, first, last, err)
	}
}

func TestAClockThatWasSetBeginsAnotherRun(t *testing.T) {
	w := &writer{store: &Store{}}
	for _, tt := range []struct {
		day, ran, since time.Duration
	}{
		{0, 0, 0}, {10, 10, 0}, {20, 21, 0}, {3600, 30, 3600}, {3610, 40, 3600}, {50, 50, 50}, {60, 60, 50},
	} {
		w.stamp(began.Add(tt.day*time.Second), tt.ran*time.Second)
		if !w.up.since.Equal(began.Add(tt.since*time.Second)) || !w.up.until.Equal(began.Add(tt.day*time.Second)) {
			t.Errorf("after %d s: got %v", tt.ran, w.up)
		}
	}
	if len(w.batch) != 7 {
		t.Errorf("%d stamps are to be written", len(w.batch))
	}
}

func TestUptimesOfAnOlderHistory(t *testing.T) {
	c := inFile(t)
	statements := []string{`INSERT INTO mounts VALUES (1, '/live'), (2, '/other')`}
	for _, minute := range []int{0, 1, 2, 3, 60, 61, 200} {
		statements = append(statements, fmt.Sprintf(`INSERT INTO samples VALUES (?1 + %d, 1, 1), (?1 + %[1]d, 2, 2)`, minute*60_000))
	}
	oldFile(t, c.File, 2, statements...)
	d, err := openDatabase(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	tx, err := d.read.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	up, err := (&Store{}).uptimes(context.Background(), &reading{database: d, read: tx, now: time.Now().UnixMilli()}, span{from: 0, to: after(1000).UnixMilli()})
	want := spells{{after(0).UnixMilli(), after(3).UnixMilli()}, {after(60).UnixMilli(), after(61).UnixMilli()}}
	if err != nil || fmt.Sprint(up) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v, %v", up, want, err)
	}
}

func TestUnionOfSpells(t *testing.T) {
	for _, tt := range []struct{ of, want spells }{
		{nil, nil},
		{spells{{1, 1}, {5, 4}}, nil},
		{spells{{5, 7}, {1, 3}}, spells{{1, 3}, {5, 7}}},
		{spells{{1, 3}, {3, 4}, {2, 3}, {1, 9}, {11, 12}}, spells{{1, 9}, {11, 12}}},
	} {
		if got := tt.of.union(); fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("got %v, want %v", got, tt.want)
		}
	}
}

func TestBusyTimes(t *testing.T) {
	for _, tt := range []struct{ stays, want spells }{
		{nil, nil},
		{spells{{1, 5}}, spells{{1, 5}}},
		{spells{{1, 5}, {2, 3}, {4, 8}, {10, 11}}, spells{{1, 8}, {10, 11}}},
		{spells{{1, 2}, {4, 5}, {4, 9}}, spells{{1, 2}, {4, 9}}},
	} {
		var a audience
		for _, one := range tt.stays {
			a.add(one.since, one.until)
		}
		a.sort()
		if got := a.busy(); fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%v: got %v, want %v", tt.stays, got, tt.want)
		}
	}
}
