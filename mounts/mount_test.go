package mounts

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/icy"
)

func newRegistry(t testing.TB, toml string) *Registry {
	t.Helper()
	c, err := conf.Parse("relay.toml", []byte(toml))
	if err != nil {
		t.Fatal(err)
	}
	return NewRegistry(conf.NewLive(c), nil, zap.NewNop())
}

func attach(t testing.TB, r *Registry, mount string, kind Kind) *Input {
	t.Helper()
	in, err := r.Attach(mount, Feed{Kind: kind, Station: icy.Station{Name: kind.String()}})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestLiveTakesTheAirWithItsFirstFrame(t *testing.T) {
	r := newRegistry(t, "")
	files, live := attach(t, r, "/live", Files), attach(t, r, "/live", LiveSource)
	live.SetTitle(Title{Text: "show"})
	files.SetTitle(Title{Text: "music"})
	if !files.Write(numbered(1)) {
		t.Fatal("files cannot play before the source does")
	}
	if got := files.Mount.Status().Title.Text; got != "music" {
		t.Errorf("title %q", got)
	}
	if !live.Write(numbered(2)) {
		t.Fatal("a live source cannot take the air")
	}
	if files.Write(numbered(3)) {
		t.Error("files play over a live source")
	}
	if s := live.Mount.Status(); s.Title.Text != "show" || s.Input != "live" || s.Station.Name != "live" || s.BitRate != 128 {
		t.Errorf("status %+v", s)
	}
}

// playOn writes a frame each second, so that the input keeps the air.
func playOn(in *Input, length time.Duration) {
	for end := time.Now().Add(length); time.Now().Before(end); {
		time.Sleep(min(time.Second, time.Until(end)))
		in.Write(numbered(unheard()))
	}
}

// unheard returns a frame number that no frame had before in the same test bubble, where
// time passes only between calls.
func unheard() uint64 { return uint64(time.Now().UnixNano()) }

func TestGraceBridgesALostSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, "")
		files, live := attach(t, r, "/live", Files), attach(t, r, "/live", LiveSource)
		m := live.Mount
		live.SetTitle(Title{Text: "show"})
		live.Write(numbered(1))
		live.Detach()
		time.Sleep(2 * time.Second)
		if files.Write(numbered(2)) {
			t.Error("files play within the grace")
		}
		if s := m.Status(); s.Title.Text != "show" || s.Input != "waiting" {
			t.Errorf("during the grace: %+v", s)
		}
		again := attach(t, r, "/live", LiveSource)
		if !again.Write(numbered(3)) || m.Status().Input != "live" {
			t.Error("the source cannot come back")
		}
		playOn(again, time.Minute)
		if files.Write(numbered(4)) {
			t.Error("the old grace let the files in")
		}
		again.Detach()
		lost := time.Now()
		err := files.WaitOnAir(context.Background())
		if err != nil || time.Since(lost) != 3*time.Second {
			t.Errorf("files on the air after %v, %v; want the grace of 3s", time.Since(lost), err)
		}
		if owed := -files.Ahead(); owed > reserve(5*time.Second) {
			t.Errorf("owes %v to nobody", owed)
		}
		if !files.Write(numbered(5)) {
			t.Error("files cannot play after the grace")
		}
	})
}

func TestMountEndsAfterItsGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, "")
		live := attach(t, r, "/live", LiveSource)
		live.Write(numbered(1))
		live.Detach()
		time.Sleep(2 * time.Second)
		if r.Find("/live") == nil || live.Mount.Stream.Ended() {
			t.Error("the mount ended within its grace")
		}
		time.Sleep(2 * time.Second)
		if r.Find("/live") != nil || !live.Mount.Stream.Ended() {
			t.Error("the mount outlived its grace")
		}
	})
}

func TestMountInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, "")
		first := attach(t, r, "/live", LiveSource)
		first.Write(numbered(1))
		time.Sleep(time.Second)
		var inUse *InUseError
		if _, err := r.Attach("/live", Feed{Kind: LiveSource}); !errors.As(err, &inUse) {
			t.Fatalf("a second source got %v", err)
		}
		time.Sleep(2 * time.Second)
		second, err := r.Attach("/live", Feed{Kind: LiveSource})
		if err != nil {
			t.Fatalf("a silent source blocks another: %v", err)
		}
		<-first.Ended()
		if first.Cause() != ErrReplaced || first.Write(numbered(2)) || !second.Write(numbered(3)) {
			t.Errorf("the old source goes on: %v", first.Cause())
		}
		first.Detach() // as its session does; the new source stays
		if second.Mount.Source() != second {
			t.Error("the new source is gone with the old one")
		}
	})
}

// A source that sends no audio does not keep the mount.
func TestGarbageKeepsNobodyOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, "")
		first := attach(t, r, "/live", LiveSource)
		first.Write(numbered(1))
		for range 20 {
			first.Heard(Portion{Garbage: 1600})
			time.Sleep(silentAfter / 20)
		}
		if second := attach(t, r, "/live", LiveSource); first.Cause() != ErrReplaced || !second.Write(numbered(2)) {
			t.Errorf("the first goes on: %v", first.Cause())
		}
	})
}

func TestLimits(t *testing.T) {
	r := newRegistry(t, "[limits]\ncount_after = '0s'\nsources = 1\nlisteners = 2\n[[mount]]\nname = '/small'\nmax_listeners = 1\n")
	m := attach(t, r, "/a", LiveSource).Mount
	if _, err := r.Attach("/b", Feed{Kind: LiveSource}); err != ErrTooManySources {
		t.Errorf("a source too many got %v", err)
	}
	small := attach(t, r, "/small", Files).Mount
	if err := small.Audience.Join(&Listener{}); err != nil {
		t.Error(err)
	}
	if err := small.Audience.Join(&Listener{}); err != ErrMountFull {
		t.Errorf("a listener too many for the mount got %v", err)
	}
	l := &Listener{}
	if err := m.Audience.Join(l); err != nil {
		t.Error(err)
	}
	if err := m.Audience.Join(&Listener{}); err != ErrServerFull {
		t.Errorf("a listener too many for the server got %v", err)
	}
	r.capacity = noMemory{}
	if err := m.Audience.Join(&Listener{}); err != ErrMemoryShort {
		t.Errorf("a listener for whom there is no memory got %v", err)
	}
	m.Audience.Leave(l, "left")
	m.Audience.Leave(l, "left") // twice counts once
	if r.Listeners() != 1 || m.Audience.Count() != 0 || m.Audience.Peak() != 1 {
		t.Errorf("%d listeners, %d on the mount, peak %d", r.Listeners(), m.Audience.Count(), m.Audience.Peak())
	}
}

func TestConfiguredWordsWin(t *testing.T) {
	r := newRegistry(t, "[[mount]]\nname = '/live'\ntitle = 'Ours'\ngenre = 'Jazz'\n")
	in, err := r.Attach("/live", Feed{Kind: LiveSource, Station: icy.Station{Name: "Theirs", URL: "http://theirs.example/"}})
	if err != nil {
		t.Fatal(err)
	}
	if s := in.Mount.Status().Station; s.Name != "Ours" || s.Genre != "Jazz" || s.URL != "http://theirs.example/" {
		t.Errorf("%+v", s)
	}
}

func TestCloseEndsEverything(t *testing.T) {
	r := newRegistry(t, "")
	live, files := attach(t, r, "/live", LiveSource), attach(t, r, "/music", Files)
	r.Close()
	<-live.Ended()
	<-files.Ended()
	if !live.Mount.Stream.Ended() || live.Cause() != ErrShutdown || len(r.List()) != 0 {
		t.Error("something goes on")
	}
	if _, err := r.Attach("/late", Feed{Kind: LiveSource}); err != ErrShutdown {
		t.Errorf("attached after the end: %v", err)
	}
	if err := files.WaitOnAir(t.Context()); err != ErrShutdown {
		t.Errorf("WaitOnAir: %v", err)
	}
}

func TestBadNames(t *testing.T) {
	r := newRegistry(t, "")
	var bad *NameError
	if _, err := r.Attach("/../x", Feed{Kind: LiveSource}); !errors.As(err, &bad) {
		t.Errorf("got %v", err)
	}
}

func TestTakeover(t *testing.T) {
	tests := []struct {
		policy, first, second string
		replaced              bool
	}{
		{"refuse", "source", "source", false},
		{"same-user", "source", "source", true},
		{"same-user", "source", "dj", false},
		{"newest", "source", "dj", true},
	}
	for _, tt := range tests {
		t.Run(tt.policy+" "+tt.second, func(t *testing.T) {
			r := newRegistry(t, "[[mount]]\nname = '/live'\ntakeover = '"+tt.policy+"'")
			first, err := r.Attach("/live", Feed{User: tt.first})
			if err != nil {
				t.Fatal(err)
			}
			first.Write(numbered(1))
			second, err := r.Attach("/live", Feed{User: tt.second})
			var inUse *InUseError
			switch {
			case !tt.replaced:
				if !errors.As(err, &inUse) || first.Cause() != nil {
					t.Errorf("got %v, and the first is ended by %v", err, first.Cause())
				}
			case err != nil || first.Cause() != ErrReplaced:
				t.Errorf("got %v, and the first is ended by %v", err, first.Cause())
			case !second.Write(numbered(2)) || first.Mount != second.Mount:
				t.Error("the second does not go on where the first was")
			}
		})
	}
}

func TestKickedSource(t *testing.T) {
	r := newRegistry(t, "")
	in := attach(t, r, "/live", LiveSource)
	in.Write(numbered(1))
	in.Kick()
	<-in.Ended()
	if in.Cause() != ErrKicked || in.Mount.Source() != nil || in.Write(numbered(2)) {
		t.Errorf("the source goes on, with cause %v", in.Cause())
	}
	if again := attach(t, r, "/live", LiveSource); again.Mount != in.Mount {
		t.Error("the mount did not wait for a source to come back")
	}
}

// A relay that has lost its upstream keeps the mount and its listeners, and the
// server's own music plays meanwhile.
func TestPausedRelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, "")
		relay := attach(t, r, "/theirs", Relayed)
		if relay.Mount.Playing() {
			t.Error("a relay plays before its first frame")
		}
		relay.Write(numbered(1))
		relay.Pause()
		time.Sleep(time.Hour)
		if r.Find("/theirs") == nil || relay.Mount.Playing() {
			t.Error("the mount of a paused relay is gone, or plays")
		}
		if got := relay.Mount.Programme().Input; got != "waiting" {
			t.Errorf("a mount that plays nothing says %q", got)
		}
		files := attach(t, r, "/theirs", Files)
		if !files.Write(numbered(2)) {
			t.Error("music does not play in place of a paused relay")
		}
		if !relay.Write(numbered(3)) || files.Write(numbered(4)) {
			t.Error("the relay does not take the air again")
		}
		live := attach(t, r, "/theirs", LiveSource)
		if !live.Write(numbered(5)) || relay.Write(numbered(6)) {
			t.Error("a live source does not go before the relay")
		}
	})
}

func TestTitleHistory(t *testing.T) {
	r := newRegistry(t, "")
	var told []string
	r.Observe(watcher{title: func(mount string, listeners int, title Title) {
		m := r.Find(mount)
		if !m.mu.TryLock() {
			t.Error("the observer is told of a title with the mount locked")
		} else {
			m.mu.Unlock()
		}
		told = append(told, mount+" "+title.Text)
	}})
	in := attach(t, r, "/live", LiveSource)
	in.SetTitle(Title{Text: "before the first frame"})
	in.Write(numbered(1))
	for n := range 25 {
		in.SetTitle(Title{Text: string(rune('a' + n))})
	}
	in.SetTitle(Title{Text: "y", URL: "http://cover.example/y"}) // the same title, with its cover
	history := in.Mount.Status().History
	if len(history) != 20 || history[0].Text != "f" || history[19].Text != "y" || history[19].Since.IsZero() {
		t.Errorf("history %+v", history)
	}
	if len(told) != 26 || told[0] != "/live before the first frame" || told[25] != "/live y" {
		t.Errorf("told %q", told)
	}
}

// A DJ has priority over an encoder that plays all day: both are connected, and the
// encoder takes the air again when the DJ has left.
func TestLoginsInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, "limits.sources = 2\n[[mount]]\nname = '/live'\nsource = [{ user = 'dj', password = 'a' }, { user = 'auto', password = 'b' }]")
		connect := func(user string) *Input {
			in, err := r.Attach("/live", Feed{User: user})
			if err != nil {
				t.Fatalf("%s: %v", user, err)
			}
			in.SetTitle(Title{Text: user})
			return in
		}
		auto := connect("auto")
		auto.Write(numbered(1))
		dj := connect("dj")
		if !auto.Write(numbered(2)) {
			t.Error("the encoder loses the air before the DJ plays")
		}
		if !dj.Write(numbered(3)) || auto.Write(numbered(4)) {
			t.Error("the DJ does not go before the encoder")
		}
		if !r.SetTitle("/live", "auto", Title{Text: "auto's next"}) || dj.Mount.Programme().Title.Text != "dj" {
			t.Errorf("the encoder's title is shown: %q", dj.Mount.Programme().Title.Text)
		}
		var inUse *InUseError
		if _, err := r.Attach("/live", Feed{User: "dj"}); !errors.As(err, &inUse) {
			t.Errorf("a second DJ: %v", err)
		}
		if _, err := r.Attach("/other", Feed{}); err != ErrTooManySources {
			t.Errorf("a third source: %v", err)
		}
		dj.Detach()
		time.Sleep(time.Second)
		if auto.Write(numbered(5)) {
			t.Error("the encoder is heard within the grace")
		}
		time.Sleep(3 * time.Second)
		if !auto.Write(numbered(6)) || dj.Mount.Programme().Title.Text != "auto's next" {
			t.Error("the encoder does not go on")
		}
		auto.Detach()
	})
}

// Marks name the kind of input that follows, and all watchers are notified of mounts.
func TestMarksTellInputs(t *testing.T) {
	r := newRegistry(t, "")
	first, _ := r.Watch()
	second, stop := r.Watch()
	files, live := attach(t, r, "/live", Files), attach(t, r, "/live", LiveSource)
	<-first
	<-second
	stop()
	files.Write(numbered(1))
	live.Write(numbered(2))
	live.SetTitle(Title{Text: "show"})
	live.Write(numbered(3))
	at := live.Mount.Stream.Behind(time.Hour)
	for _, want := range []struct {
		kind  Kind
		title string
	}{{Files, ""}, {LiveSource, ""}, {LiveSource, "show"}} {
		got := at.Block()
		if got == nil || got.Kind != want.kind || got.Text != want.title {
			t.Fatalf("got %+v, want %+v", got, want)
		}
		at.Shown(got)
		at.NextUnit()
	}
	r.Close()
	<-first
	select {
	case <-second:
		t.Error("told after it had stopped watching")
	default:
	}
}

// noMemory is the capacity of a machine that is short of memory but nothing else.
type noMemory struct{}

func (noMemory) Room() (listeners, sources int) { return math.MaxInt, math.MaxInt }
func (noMemory) MemoryShort() bool              { return true }
