package history

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"relay/conf"
	"relay/internal/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is the time limit of every wait for a condition.
const patience = 20 * time.Second

func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// began is when the events in the tests happened: in the past, at a full hour.
var began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func after(minutes int) time.Time { return began.Add(time.Duration(minutes) * time.Minute) }

// running is a store that runs.
type running struct {
	*Store
	log  *observer.ObservedLogs
	stop func() // returns once the store has stopped
}

// start runs a store until the test ends. It calls before first.
func start(t testing.TB, c conf.History, before ...func(*Store)) *running {
	t.Helper()
	core, log := observer.New(zapcore.DebugLevel)
	s := New(c, nil, clock.New(zap.NewNop()), zap.New(core))
	s.retry, s.batchTime, s.look, s.goodbye = 10*time.Millisecond, 10*time.Millisecond, 50*time.Millisecond, time.Minute
	for _, do := range before {
		do(s)
	}
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.Run(ctx)
	}()
	stop := func() {
		end()
		<-ended
	}
	t.Cleanup(stop)
	return &running{Store: s, log: log, stop: stop}
}

// inFile returns the configuration of a history in a file of its own.
func inFile(t testing.TB) conf.History {
	t.Helper()
	return conf.History{File: filepath.Join(t.TempDir(), "history.db"), HashIP: true}
}

// stayed returns the stay of a listener on /live, from and minutes in minutes.
func stayed(name string, from, minutes int) Session {
	return Session{
		Mount: "/live", Since: after(from), Stayed: time.Duration(minutes) * time.Minute,
		Addr: netip.MustParseAddr("192.0.2." + name), Agent: "VLC/3.0.20 LibVLC/3.0.20", Bytes: 1000, Reason: "left",
	}
}

// sessions returns the number of sessions in the reports, -1 while there are no
// reports.
func sessions(s *Store) (n int64) {
	list, err := s.Listening(context.Background(), Span{Mount: "/live"})
	if err != nil {
		return -1
	}
	for _, row := range list {
		n += row.Sessions
	}
	return n
}

func (r *running) awaitSessions(t testing.TB, n int64) {
	t.Helper()
	eventually(t, "what was told to be in the reports", func() bool { return sessions(r.Store) == n })
}

func TestWhatWasToldOutlivesTheServer(t *testing.T) {
	c := inFile(t)
	r := start(t, c)
	for range 3 * batchMost {
		r.Listened(stayed("1", 0, 10))
	}
	r.stop()
	if n := sessions(r.Store); n != -1 {
		t.Errorf("a store that has ended reports %d sessions", n)
	}
	again := start(t, c)
	again.awaitSessions(t, 3*batchMost)
	info, err := os.Stat(c.File)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the file: %v, %v", info.Mode(), err)
	}
}

func TestWithoutFileItIsKeptWhileRunning(t *testing.T) {
	r := start(t, conf.History{HashIP: true})
	r.Listened(stayed("1", 0, 10))
	r.awaitSessions(t, 1)
	if !r.Kept() || r.File() != "" {
		t.Errorf("kept: %v, in %q", r.Kept(), r.File())
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for range 10 {
		if _, err := r.Listening(cancelled, Span{}); !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
	}
	r.awaitSessions(t, 1)
}

func TestNothingIsKeptWhenOff(t *testing.T) {
	s := New(conf.History{Off: true, File: filepath.Join(t.TempDir(), "history.db")}, nil, clock.New(zap.NewNop()), zap.NewNop())
	if s != nil {
		t.Fatal("a store that is off")
	}
	s.Run(context.Background()) // every method may still be called
	s.Listened(Session{})
	s.Played(Track{})
	s.Sourced(Airtime{})
	s.Sample(time.Now(), map[string]int{"/live": 1})
	if _, err := s.Listening(context.Background(), Span{}); !errors.Is(err, ErrOff) {
		t.Errorf("got %v", err)
	}
	if s.Kept() || s.File() != "" || s.Trouble() != "" {
		t.Error("a store that is off keeps something")
	}
}

func TestAddressesAreHashedUnlessWanted(t *testing.T) {
	for _, hashed := range []bool{true, false} {
		c := inFile(t)
		c.HashIP = hashed
		r := start(t, c)
		r.Listened(stayed("77", 0, 10))
		r.Sourced(Airtime{Mount: "/live", Kind: "live", Addr: netip.MustParseAddr("192.0.2.77"), Since: began, Stayed: time.Hour})
		r.stop()
		all := ""
		for _, name := range []string{c.File, c.File + "-wal"} {
			text, _ := os.ReadFile(name)
			all += string(text)
		}
		if strings.Contains(all, "192.0.2.77") == hashed {
			t.Errorf("hash_ip = %v, and the address is in the file: %v", hashed, !hashed)
		}
		db, err := sql.Open("sqlite", c.File)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		var listener, source string
		if err := db.QueryRow(`SELECT listening.addr, sources.addr FROM listening, sources`).Scan(&listener, &source); err != nil {
			t.Fatal(err)
		}
		if listener != source || (len(listener) == 2*hashBytes) != hashed {
			t.Errorf("hash_ip = %v: kept are %q and %q", hashed, listener, source)
		}
	}
}

func TestEveryDatabaseHasASaltOfItsOwn(t *testing.T) {
	kept := map[string]bool{}
	for range 3 {
		d, err := openDatabase(conf.History{HashIP: true}, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		kept[d.kept("192.0.2.1")] = true
		if d.kept("") != "" {
			t.Error("no address is kept as one")
		}
	}
	if len(kept) != 3 {
		t.Errorf("three databases keep an address in %d ways", len(kept))
	}
}

func TestWhatIsTooOldIsDeleted(t *testing.T) {
	c := inFile(t)
	now := time.Now()
	ago := func(hours int) time.Time { return now.Add(-time.Duration(hours) * time.Hour) }
	r := start(t, c)
	r.Listened(Session{Mount: "/live", Since: ago(100), Stayed: time.Hour, Agent: "Old/1"})
	r.Listened(Session{Mount: "/live", Since: ago(100), Stayed: 90 * time.Hour, Agent: "Long/1"})
	r.Listened(Session{Mount: "/live", Since: ago(2), Stayed: time.Hour, Agent: "New/1"})
	r.Played(Track{Mount: "/live", Play: 1, Title: "Old", Since: ago(100)})
	r.Sourced(Airtime{Mount: "/live", Since: ago(100), Stayed: time.Hour})
	r.Played(Track{Mount: "/live", Play: 2, Title: "New", Since: ago(60)}) // goes on
	r.Sample(ago(100), map[string]int{"/live": 1})
	r.Sample(ago(1), map[string]int{"/live": 1})
	r.awaitSessions(t, 3)
	r.stop()

	c.Keep = conf.Duration(48 * time.Hour)
	r = start(t, c, func(s *Store) { s.clock = (&testClock{day: ago(60)}).clock() })
	r.awaitSessions(t, 3) // nothing was that old then
	r.stop()
	r = start(t, c)
	r.awaitSessions(t, 2)
	ctx := context.Background()
	players, _ := r.Players(ctx, Span{})
	titles, total, _ := r.Titles(ctx, Span{}, 0, 0)
	sources, _ := r.Sources(ctx, Span{})
	curve, err := r.Curve(ctx, Span{}, time.Hour)
	if err != nil || len(players) != 2 || total != 1 || titles[0].Title != "New" || len(sources) != 0 || len(curve) != 1 {
		t.Errorf("left are %v, %v, %v, %v; %v", players, titles, sources, curve, err)
	}
	r.stop()
	db, err := sql.Open("sqlite", c.File)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var agents int
	if err := db.QueryRow(`SELECT count(*) FROM agents`).Scan(&agents); err != nil || agents != 2 {
		t.Errorf("%d players are still named, %v", agents, err)
	}
}

func TestMemoryHoldsNoMoreThanSome(t *testing.T) {
	s := New(conf.History{}, nil, clock.New(zap.NewNop()), zap.NewNop())
	w := newWriter(s)
	defer w.close("")
	for n := range maxInMemory + 4*spareInMemory {
		one := stayed("1", 0, 1)
		one.Agent = fmt.Sprintf("Player-%d/1", n/1000)
		w.batch = append(w.batch, one, sampled{after(n), map[string]int{"/live": 1}})
		if len(w.batch) >= batchMost {
			if err := w.write(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for table, most := range map[string]int{"listening": maxInMemory + spareInMemory, "samples": maxInMemory + spareInMemory, "agents": (maxInMemory+spareInMemory)/1000 + 1} {
		var n int
		if err := w.QueryRow(`SELECT count(*) FROM ` + table).Scan(&n); err != nil || n > most {
			t.Errorf("%d rows of %s are in memory, want no more than %d; %v", n, table, most, err)
		}
	}
}

func TestListenersAreCountedEveryMinute(t *testing.T) {
	r := start(t, inFile(t), func(s *Store) {
		s.present = goingOn{listeners: map[string]int{"/live": 7, "/other": 2}}
	})
	eventually(t, "the first sample", func() bool {
		points, err := r.Curve(context.Background(), Span{}, time.Minute)
		return err == nil && len(points) == 1 && points[0].Listeners == 9 && points[0].Peak == 9
	})
}

func TestBurstOfLeavesIsNotLost(t *testing.T) {
	r := start(t, inFile(t))
	for range 10_000 {
		r.Listened(stayed("1", 0, 10))
	}
	r.awaitSessions(t, 10_000)
	if n := r.lost.Load(); n != 0 {
		t.Errorf("%d of 10000 leaves are lost", n)
	}
}

func TestNobodyWaitsForAQueueThatIsFull(t *testing.T) {
	core, log := observer.New(zapcore.InfoLevel)
	s := New(conf.History{}, nil, clock.New(zap.NewNop()), zap.New(core))
	for range queued + 5 {
		s.Listened(stayed("1", 0, 10))
	}
	s.tellLost()
	s.tellLost()
	if said := log.All(); len(said) != 1 || said[0].ContextMap()["lost entries"] != int64(5) {
		t.Errorf("said of lost entries: %v", said)
	}
}
