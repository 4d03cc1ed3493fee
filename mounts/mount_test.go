package mounts

import (
	"context"
	"errors"
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
	return NewRegistry(c, zap.NewNop())
}

func attach(t testing.TB, r *Registry, mount string, kind Kind) *Input {
	t.Helper()
	in, err := r.Attach(mount, kind, icy.Station{Name: kind.String()}, "")
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestLiveTakesTheAirWithItsFirstFrame(t *testing.T) {
	r := newRegistry(t, "")
	files, live := attach(t, r, "/live", Files), attach(t, r, "/live", Live)
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

func TestGraceBridgesALostSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, "")
		files, live := attach(t, r, "/live", Files), attach(t, r, "/live", Live)
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
		again := attach(t, r, "/live", Live)
		if !again.Write(numbered(3)) || m.Status().Input != "live" {
			t.Error("the source cannot come back")
		}
		time.Sleep(time.Minute)
		if files.Write(numbered(4)) {
			t.Error("the old grace let the files in")
		}
		again.Detach()
		lost := time.Now()
		silentSince, err := files.WaitOnAir(context.Background())
		if err != nil || time.Since(lost) != 3*time.Second {
			t.Errorf("files on the air after %v, %v; want the grace of 3s", time.Since(lost), err)
		}
		if owed := time.Since(silentSince); owed != time.Minute+3*time.Second {
			t.Errorf("silent for %v", owed)
		}
		if !files.Write(numbered(5)) {
			t.Error("files cannot play after the grace")
		}
	})
}

func TestMountEndsAfterItsGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, "")
		live := attach(t, r, "/live", Live)
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
		first := attach(t, r, "/live", Live)
		first.Write(numbered(1))
		time.Sleep(time.Second)
		var inUse *InUseError
		if _, err := r.Attach("/live", Live, icy.Station{}, ""); !errors.As(err, &inUse) {
			t.Fatalf("a second source got %v", err)
		}
		time.Sleep(2 * time.Second)
		second, err := r.Attach("/live", Live, icy.Station{}, "")
		if err != nil {
			t.Fatalf("a silent source blocks another: %v", err)
		}
		<-first.Ended()
		if first.Cause() != ErrReplaced || first.Write(numbered(2)) || !second.Write(numbered(3)) {
			t.Errorf("the old source goes on: %v", first.Cause())
		}
		first.Detach() // as its session does; the new source stays
		if second.Mount.Live() != second {
			t.Error("the new source is gone with the old one")
		}
	})
}

func TestLimits(t *testing.T) {
	r := newRegistry(t, "[limits]\nsources = 1\nlisteners = 2\n[[mount]]\nname = '/small'\nmax_listeners = 1\n")
	m := attach(t, r, "/a", Live).Mount
	if _, err := r.Attach("/b", Live, icy.Station{}, ""); err != ErrTooManySources {
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
	m.Audience.Leave(l)
	m.Audience.Leave(l) // twice counts once
	if r.Listeners() != 1 || m.Audience.Count() != 0 || m.Audience.Peak() != 1 {
		t.Errorf("%d listeners, %d on the mount, peak %d", r.Listeners(), m.Audience.Count(), m.Audience.Peak())
	}
}

func TestConfiguredWordsWin(t *testing.T) {
	r := newRegistry(t, "[[mount]]\nname = '/live'\ntitle = 'Ours'\ngenre = 'Jazz'\n")
	in, err := r.Attach("/live", Live, icy.Station{Name: "Theirs", URL: "http://theirs.example/"}, "")
	if err != nil {
		t.Fatal(err)
	}
	if s := in.Mount.Status().Station; s.Name != "Ours" || s.Genre != "Jazz" || s.URL != "http://theirs.example/" {
		t.Errorf("%+v", s)
	}
}

func TestCloseEndsEverything(t *testing.T) {
	r := newRegistry(t, "")
	live, files := attach(t, r, "/live", Live), attach(t, r, "/music", Files)
	r.Close()
	<-live.Ended()
	<-files.Ended()
	if !live.Mount.Stream.Ended() || live.Cause() != ErrShutdown || len(r.List()) != 0 {
		t.Error("something goes on")
	}
	if _, err := r.Attach("/late", Live, icy.Station{}, ""); err != ErrShutdown {
		t.Errorf("attached after the end: %v", err)
	}
	if _, err := files.WaitOnAir(t.Context()); err != ErrShutdown {
		t.Errorf("WaitOnAir: %v", err)
	}
}

func TestBadNames(t *testing.T) {
	r := newRegistry(t, "")
	var bad *NameError
	if _, err := r.Attach("/../x", Live, icy.Station{}, ""); !errors.As(err, &bad) {
		t.Errorf("got %v", err)
	}
}
