package mounts

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestTotalsGoOnWhenTheMountComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, "")
		live := attach(t, r, "/live", LiveSource)
		live.Write(numbered(1))
		m := live.Mount
		stays, goes := &Listener{}, &Listener{}
		for _, l := range []*Listener{stays, goes} {
			if err := m.Audience.Join(l); err != nil {
				t.Fatal(err)
			}
			l.Sent.Add(100)
		}
		m.Audience.Leave(goes, "left")
		m.Audience.Skipped()
		m.Audience.DroppedSlow()
		if got := m.Totals(); got.Sent != 200 || got.Joins != 2 || got.Leaves["left"] != 1 || got.Received != 417 || got.Skips != 1 || got.Slow != 1 {
			t.Errorf("%+v", got)
		}
		live.Detach()
		time.Sleep(time.Minute)
		if r.Find("/live") != nil {
			t.Fatal("the mount is still there")
		}

		again := attach(t, r, "/live", LiveSource)
		again.Write(numbered(2))
		if got := again.Mount.Totals(); got.Sent != 200 || got.Sources != 2 || got.Received != 2*417 || got.Reconnects != 0 {
			t.Errorf("when it is back: %+v", got)
		}
		stays.Sent.Add(50) // a slow listener, which is still on the mount that has ended
		m.Audience.Leave(stays, "stream ended")
		got := again.Mount.Totals()
		if got.Sent != 250 || got.Leaves["stream ended"] != 1 || got.Joins != 2 {
			t.Errorf("when the last of those before has left: %+v", got)
		}
		if s := again.Mount.Status(); s.Sources != 1 || s.Received != 417 || s.Sent != 0 {
			t.Errorf("the mount's own counts are not its own: %+v", s)
		}
		got.Leaves["left"]++
		if again.Mount.Totals().Leaves["left"] != 1 {
			t.Error("the caller has the mount's own map")
		}
	})
}

func TestMovedListenersAreCountedOnBothMounts(t *testing.T) {
	r := newRegistry(t, "")
	from, to := attach(t, r, "/a", Files).Mount, attach(t, r, "/b", Files).Mount
	l := &Listener{}
	if err := from.Audience.Join(l); err != nil {
		t.Fatal(err)
	}
	l.Sent.Add(10)
	from.Audience.MoveTo(&to.Audience, l)
	l.Sent.Add(5)
	a, b := from.Totals(), to.Totals()
	if a.Joins != 1 || a.Leaves[LeftMoved] != 1 || a.Sent != 10 || b.Joins != 1 || b.Sent != 5 {
		t.Errorf("%+v\n%+v", a, b)
	}
}

// come connects a live source with the login of a user.
func come(t *testing.T, r *Registry, user string) *Input {
	t.Helper()
	in, err := r.Attach("/live", Feed{Kind: LiveSource, User: user})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func TestReconnects(t *testing.T) {
	for name, c := range map[string]struct {
		then func(*Registry, *Input)
		want int64
	}{
		"back within the grace": {want: 1, then: func(r *Registry, first *Input) {
			first.Detach()
			come(t, r, "auto")
		}},
		"back when the fallback plays": {then: func(r *Registry, first *Input) {
			first.Detach()
			time.Sleep(time.Minute)
			come(t, r, "auto")
		}},
		"the mount is taken from a silent one": {want: 1, then: func(r *Registry, first *Input) {
			time.Sleep(time.Minute)
			come(t, r, "auto")
		}},
		"a better source joins in": {then: func(r *Registry, first *Input) {
			come(t, r, "dj")
		}},
		"a relay follows a source": {then: func(r *Registry, first *Input) {
			first.Detach()
			attach(t, r, "/live", Relayed).Write(numbered(2))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRegistry(t, "[[mount]]\nname = '/live'\nsource = [{ user = 'dj', password = 'a' }, { user = 'auto', password = 'b' }]\n")
				attach(t, r, "/live", Silent)
				first := come(t, r, "auto")
				first.Write(numbered(1))
				c.then(r, first)
				if got := first.Mount.Totals().Reconnects; got != c.want {
					t.Errorf("%d reconnects, want %d", got, c.want)
				}
				r.Close()
			})
		})
	}
}

func TestTotalsOfMountsLongGoneAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, "limits.sources = 1\n")
		live := attach(t, r, "/live", LiveSource)
		for n := range maxTotals + 100 {
			name := fmt.Sprintf("/%d", n)
			if _, err := r.Attach(name, Feed{Kind: LiveSource}); !errors.Is(err, ErrTooManySources) {
				t.Fatal(err)
			}
			attach(t, r, name, Files).Detach()
			time.Sleep(time.Minute)
		}
		if len(r.totals) > maxTotals+2 || r.totals["/live"] != live.Mount.totals {
			t.Errorf("%d are kept", len(r.totals))
		}
		if _, kept := r.totals[fmt.Sprintf("/%d", maxTotals+99)]; !kept {
			t.Error("the newest is forgotten")
		}
		r.Close()
	})
}
