package mounts

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestDemand(t *testing.T) {
	a := &attach(t, newRegistry(t, ""), "/live", Relayed).Mount.Audience
	arrived := func() bool {
		select {
		case <-a.NewListeners():
			return true
		default:
			return false
		}
	}
	if a.Wanted() || arrived() {
		t.Error("nobody has come yet")
	}
	done := a.Want()
	if !a.Wanted() || !arrived() || arrived() {
		t.Error("one who waits is not noticed, or twice")
	}
	l := &Listener{}
	if err := a.Join(l); err != nil {
		t.Fatal(err)
	}
	done()
	if !a.Wanted() || !arrived() {
		t.Error("one who listens is not noticed")
	}
	a.Leave(l, "left")
	if a.Wanted() || arrived() {
		t.Error("it has left")
	}
}

func TestWaitPlaying(t *testing.T) {
	tests := []struct {
		name  string
		after func(in *Input, cancel func())
		err   error
	}{
		{"the first frame", func(in *Input, _ func()) { in.Write(numbered(1)) }, nil},
		{"the end", func(in *Input, _ func()) { in.Detach() }, ErrMountEnded},
		{"shutdown", func(in *Input, _ func()) { in.Mount.registry.Close() }, ErrMountEnded},
		{"giving up", func(_ *Input, cancel func()) { cancel() }, context.Canceled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRegistry(t, "")
				in := attach(t, r, "/live", Relayed)
				if !in.Mount.Asleep() {
					t.Error("a relay that waits is not asleep")
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				result := make(chan error)
				for range 2 {
					go func() { result <- in.Mount.WaitPlaying(ctx) }()
				}
				time.Sleep(time.Hour)
				tt.after(in, cancel)
				for range 2 {
					if err := <-result; !errors.Is(err, tt.err) {
						t.Errorf("got %v, want %v", err, tt.err)
					}
				}
				if tt.err == nil && in.Mount.Asleep() {
					t.Error("it sleeps while it plays")
				}
				r.Close()
			})
		})
	}
	t.Run("what plays already", func(t *testing.T) {
		files := attach(t, newRegistry(t, ""), "/live", Files)
		if err := files.Mount.WaitPlaying(t.Context()); err != nil || files.Mount.Asleep() {
			t.Errorf("%v", err)
		}
	})
}

// Audio from before a long silence is not part of a new listener's burst.
func TestSilenceMakesABurstStale(t *testing.T) {
	for _, tt := range []struct {
		silence time.Duration
		first   uint64
	}{{staleAfter / 2, 1}, {2 * staleAfter, 100}} {
		synctest.Test(t, func(t *testing.T) {
			r := newRegistry(t, "")
			in := attach(t, r, "/live", Relayed)
			for n := range uint64(20) {
				in.Write(numbered(n + 1))
			}
			stays, first, _ := in.Mount.Stream.Join(bytesOf(64<<10), nil)
			drain(t, first, &stays)
			in.Pause()
			time.Sleep(tt.silence)
			for n := range uint64(20) {
				in.Write(numbered(n + 100))
			}
			comes, first, _ := in.Mount.Stream.Join(bytesOf(64<<10), nil)
			if got := drain(t, first, &comes); got[0] != tt.first || got[len(got)-1] != 119 {
				t.Errorf("after %v a newcomer gets %v", tt.silence, got)
			}
			if got := drain(t, nil, &stays); len(got) != 20 {
				t.Errorf("after %v one who stayed gets %v", tt.silence, got)
			}
			r.Close()
		})
	}
}
