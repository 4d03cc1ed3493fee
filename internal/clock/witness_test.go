package clock

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

const day, year = 24 * time.Hour, 365 * 24 * time.Hour

// roughly is the tolerance of the tests: not every look is saved.
const roughly = 2 * time.Second

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func nothing(time.Time) time.Time { return time.Time{} }

// place is a folder with a witness that can be restarted.
type place struct {
	*Witness
	hand
	path  string
	lines *observer.ObservedLogs
}

func newPlace(t *testing.T) *place {
	p := &place{hand: hand{day: start}, path: filepath.Join(t.TempDir(), ".time")}
	p.begin()
	return p
}

// begin starts another run of the program.
func (p *place) begin() {
	core, lines := observer.New(zapcore.InfoLevel)
	p.lines = lines
	p.hand.up = 0
	p.Witness = Of(zap.New(core), p.read).Witness(p.path)
}

func (p *place) read() (time.Time, time.Duration) { return p.hand.read() }

// remember makes the witness save the time.
func (p *place) remember() {
	p.behind()
	p.pass(saveEvery, 0)
	p.behind()
}

// behind returns how far Now is behind the clock.
func (p *place) behind() time.Duration { return p.hand.day.Sub(p.Now(nothing)) }

func TestClockIsDoubted(t *testing.T) {
	type step struct {
		pass, ahead time.Duration
		restart     bool
		doubt       time.Duration // how far the believed time is behind the clock then
	}
	tests := []struct {
		name  string
		steps []step
	}{
		{"a clock that runs", []step{{pass: time.Second}, {pass: year}}},
		{"one that is led", []step{{time.Second, time.Second, false, 0}, {time.Second, -time.Second, false, 0}}},
		{"forward, believed a day later", []step{{time.Second, year, false, year}, {day - time.Second, 0, false, year}, {time.Second, 0, false, 0}}},
		{"back", []step{{time.Second, -year, false, 0}, {day, 0, false, 0}}},
		{"forward and put right", []step{{time.Second, year, false, year}, {time.Minute, -year, false, 0}, {day, 0, false, 0}}},
		{"back and put right, which may be wrong", []step{{time.Second, -year, false, 0}, {time.Minute, year, false, year}, {day, 0, false, 0}}},
		{"forward twice", []step{{time.Second, time.Hour, false, time.Hour}, {day / 2, time.Minute, false, time.Hour + time.Minute}, {day / 2, 0, false, time.Minute}}},
		{"forward and back halfway", []step{{time.Second, year, false, year}, {time.Minute, -100 * day, false, year - 100*day}}},
		{"forward twice and the second put right", []step{{time.Second, 8 * time.Hour, false, 8 * time.Hour}, {time.Hour, year, false, year + 8*time.Hour}, {time.Hour, -year, false, 8 * time.Hour}}},

		{"a restart", []step{{pass: time.Second}, {time.Second, 0, true, time.Second}}},
		{"wrong at the start, put right", []step{{pass: time.Second}, {time.Second, 400 * day, true, 400*day + time.Second}, {4 * time.Second, -400 * day, false, time.Second}}},
		{"a jump and a restart", []step{{pass: time.Second}, {time.Minute, 400 * day, false, 400 * day}, {0, 0, true, 400 * day}, {time.Minute, -400 * day, false, 0}}},
		{"a jump that nobody has seen and a restart", []step{{pass: time.Second}, {0, 400 * day, true, 400 * day}}},
		{"off for months", []step{{pass: time.Second}, {0, 90 * day, true, 90 * day}, {day - 1, 0, false, 90 * day}, {1, 0, false, 0}}},
		{"off for months, and restarts", []step{{pass: time.Second}, {0, 90 * day, true, 90 * day}, {day / 2, 0, false, 90 * day},
			{0, time.Hour, true, 90*day + time.Hour}, {day / 2, 0, false, time.Hour}, {day / 2, 0, false, 0}}},
		{"a machine that starts in another century until it has asked", []step{{pass: time.Second}, {0, 73 * year, true, 73 * year}, {time.Minute, -73 * year, false, 0},
			{day - time.Minute, 0, false, 0}, {0, 73 * year, true, 73 * year}, {4 * time.Second, -73 * year, false, 0}}},
		{"one that starts in 1970 until it has asked", []step{{pass: time.Second}, {0, -56 * year, true, 0}, {time.Minute, 56 * year, false, 56 * year},
			{day, 0, false, 0}}},
		{"wrong for a day is believed", []step{{time.Second, year, false, year}, {day, 0, false, 0}, {0, 0, true, 0}, {time.Second, -year, false, 0}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newPlace(t)
			if doubt := p.behind(); doubt != 0 {
				t.Errorf("%v is doubted of a clock of which nothing is known", doubt)
			}
			p.remember()
			for i, s := range tt.steps {
				p.pass(s.pass, s.ahead)
				if s.restart {
					p.begin()
				}
				if doubt := p.behind(); (doubt - s.doubt).Abs() > roughly {
					t.Errorf("step %d: %v is doubted, want %v", i, doubt, s.doubt)
				}
				if s.doubt >= told && (p.Doubt()-s.doubt).Abs() > roughly || s.doubt < told && p.Doubt() != 0 {
					t.Errorf("step %d: it is told that %v is doubted", i, p.Doubt())
				}
			}
		})
	}
}

// A machine that is off every night never runs for a day. Old files are nevertheless
// deleted the day after.
func TestOffEveryNight(t *testing.T) {
	p := newPlace(t)
	for range 30 {
		p.behind()
		for range 4 {
			p.pass(4*time.Hour, 0)
			p.behind()
		}
		p.pass(0, 8*time.Hour)
		p.begin()
	}
	if doubt := p.behind(); doubt > 3*day {
		t.Errorf("%v are doubted", doubt)
	}
}

// Whatever the clocks do, the saved state fits the file.
func TestManyLeaps(t *testing.T) {
	p := newPlace(t)
	var sum time.Duration
	p.behind()
	for range 10 * maxLeaps {
		p.pass(time.Second, time.Minute)
		sum += time.Minute
		if doubt := p.behind(); doubt != sum {
			t.Fatalf("%v is doubted, want %v", doubt, sum)
		}
	}
	p.pass(saveEvery, 0)
	p.behind()
	p.begin()
	if doubt := p.behind().Round(time.Second); doubt < sum-time.Minute || len(p.leaps) > maxLeaps {
		t.Errorf("%v is doubted of %d leaps, want %v; %v", doubt, len(p.leaps), sum, p.lines.All())
	}
	p.pass(day, 0)
	if doubt := p.behind(); doubt != 0 {
		t.Errorf("%v is doubted a day later", doubt)
	}
}

// If nothing was saved, the newest file shows the time.
func TestFirstRun(t *testing.T) {
	for name, tt := range map[string]struct {
		newest time.Time
		doubt  time.Duration
	}{
		"nothing there":             {time.Time{}, 0},
		"new":                       {start.Add(-time.Minute), 0},
		"a show that was yesterday": {start.Add(-unseen), 0},
		"400 days ago":              {start.Add(-400 * day), 400 * day},
		"from the future":           {start.Add(year), 0},
	} {
		p := newPlace(t)
		if doubt := start.Sub(p.Now(func(time.Time) time.Time { return tt.newest })); doubt != tt.doubt {
			t.Errorf("%s: %v is doubted, want %v", name, doubt, tt.doubt)
		}
	}
}

func TestItIsTold(t *testing.T) {
	p := newPlace(t)
	p.remember()
	p.pass(time.Second, 400*day)
	p.begin()
	for range 3 {
		p.behind()
	}
	p.pass(day, 0)
	p.behind()
	p.clock.held.Write()
	var said []string
	for _, line := range p.lines.All() {
		said = append(said, line.Level.String()+": "+line.Message)
	}
	want := []string{
		"warn: deletion by age is suspended for a day: the clock has leapt forward since the last check",
		"info: deletion by age is no longer suspended",
	}
	if strings.Join(said, "\n") != strings.Join(want, "\n") {
		t.Errorf("the log says\n%s", strings.Join(said, "\n"))
	}
}

// A file made while the clock was ahead counts from when it was first seen, once the
// clock is right, also after a restart. If the clock had been behind, the file counts
// from its own time.
func TestFromTheFuture(t *testing.T) {
	p := newPlace(t)
	p.behind()
	made := start.Add(year)
	if got := p.Dated(made); !got.Equal(start) {
		t.Errorf("it is from %v", got)
	}
	p.pass(2*day, 0)
	p.behind()
	if got := p.Dated(made); !got.Equal(start.Add(2*day)) && !got.Equal(start) {
		t.Errorf("it is from %v", got)
	}
	first := p.Dated(made)
	p.pass(time.Hour, 0)
	p.behind() // saves
	p.begin()
	p.behind()
	if got := p.Dated(made); !got.Equal(first.Truncate(time.Second)) {
		t.Errorf("after a restart it is from %v, want %v", got, first)
	}
	if got, past := p.Dated(start), start; !got.Equal(past) {
		t.Errorf("what is from %v is from %v", past, got)
	}
	p.pass(0, 2*year)
	p.behind()
	if got := p.Dated(made); !got.Equal(made) {
		t.Errorf("once its time has come it is from %v", got)
	}
}

// A file that is damaged or cannot be written counts as missing.
func TestDamagedFile(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"empty":   func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"torn":    func(path string) error { return os.WriteFile(path, []byte(`{"clock":"2026-`), 0o600) },
		"no time": func(path string) error { return os.WriteFile(path, []byte(`{}`), 0o600) },
		"a negative leap": func(path string) error {
			return os.WriteFile(path, []byte(`{"clock":"2026-01-02T03:04:05Z","doubted":[{"by_seconds":-1,"run_since_seconds":0}]}`), 0o600)
		},
		"too much":         func(path string) error { return os.WriteFile(path, []byte(strings.Repeat(" ", 1<<20)), 0o600) },
		"a folder":         func(path string) error { return os.Mkdir(path, 0o700) },
		"no folder for it": func(path string) error { return os.Remove(filepath.Dir(path)) },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			if err := damage(p.path); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				if doubt := p.hand.day.Sub(p.Now(func(time.Time) time.Time { return start.Add(-year) })); doubt != year {
					t.Errorf("%v is doubted", doubt)
				}
				p.pass(saveEvery, 0)
			}
			p.clock.held.Write()
			if p.lines.Len() > 3 {
				t.Errorf("the log says %v", p.lines.All())
			}
		})
	}
}

// A crash during a save leaves the previous file, and at most one more.
func TestCrashWhileSaving(t *testing.T) {
	p := newPlace(t)
	p.remember()
	if err := os.WriteFile(p.path+".new", []byte(`{"clo`), 0o600); err != nil {
		t.Fatal(err)
	}
	p.pass(0, 400*day)
	p.begin()
	if doubt := p.behind(); doubt != 400*day {
		t.Errorf("%v is doubted", doubt)
	}
	entries, err := os.ReadDir(filepath.Dir(p.path))
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

// If nothing is deleted by age, nothing is logged, but the time is still saved.
func TestIdle(t *testing.T) {
	p := newPlace(t)
	p.Idle(true)
	p.remember()
	p.pass(time.Second, 400*day)
	p.remember()
	p.clock.held.Write()
	if p.Doubt() != 0 || p.clock.Doubt() != 0 || p.lines.Len() > 0 {
		t.Errorf("told that %v is doubted: %v", p.Doubt(), p.lines.All())
	}
	p.begin()
	if doubt := p.behind(); doubt < 400*day || p.clock.Doubt() != doubt {
		t.Errorf("%v is doubted", doubt)
	}
}

// Doubt does not wait for a disk.
func TestDoubtDoesNotWait(t *testing.T) {
	p := newPlace(t)
	p.Witness.mu.Lock()
	defer p.Witness.mu.Unlock()
	if p.Doubt() != 0 {
		t.Error("nobody has asked yet")
	}
}

func FuzzMemory(f *testing.F) {
	f.Add([]byte(`{"clock":"2026-01-02T03:04:05Z","doubted":[{"by_seconds":34560000,"run_since_seconds":60}],"future_seen":"2026-01-02T03:04:05Z"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := parse(text)
		if err != nil {
			return
		}
		if m.lag() < 0 || m.day.Add(-m.lag()).After(m.day) {
			t.Errorf("%v are doubted at %v", m.lag(), m.day)
		}
		path := filepath.Join(t.TempDir(), "time")
		if err := save(path, *m); err != nil {
			t.Fatal(err)
		}
		if again, err := load(path); err != nil || again.lag() != m.lag() || !again.day.Equal(m.day.Truncate(time.Second)) {
			t.Errorf("%v was saved and %v read, %v", m, again, err)
		}
	})
}
