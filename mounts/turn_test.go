package mounts

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"relay/icy"
)

// Who was on the air is told from its first frame to its end, with why.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, "[[mount]]\nname = '/live'\ngrace = '3s'")
		var mu sync.Mutex
		var told []string
		note := func(format string, args ...any) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, fmt.Sprintf(format, args...))
		}
		r.OnTitle = func(_ string, _ int, title Title) { note("title %s", title.Text) }
		r.OnTurn = func(turn Turn) {
			if turn.Until.IsZero() {
				note("%v begins with %q", turn.Kind, turn.Title.Text)
				return
			}
			note("%v of %q by %s: %v, %s", turn.Kind, turn.Agent, turn.User, turn.Until.Sub(turn.Since), turn.Reason)
		}
		expect := func(what string, want ...string) {
			t.Helper()
			mu.Lock()
			defer mu.Unlock()
			if !slices.Equal(told, want) {
				t.Errorf("%s: told\n%q, want\n%q", what, told, want)
			}
			told = nil
		}
		connect := func() *Input {
			in, err := r.Attach("/live", Feed{Kind: Live, User: "dj", Station: icy.Station{Agent: "butt"}})
			if err != nil {
				t.Fatal(err)
			}
			in.SetTitle(Title{Text: "One"})
			return in
		}
		in := connect()
		m := in.Mount
		if _, ok := m.Turn(); ok {
			t.Error("a source that has sent nothing is on the air")
		}
		expect("a source that has sent nothing")
		in.Write(numbered(1))
		expect("its first frame", "title One", `live begins with "One"`)
		if turn, ok := m.Turn(); !ok || turn.Mount != "/live" || turn.Kind != Live || !turn.Until.IsZero() {
			t.Errorf("on the air is %+v, %v", turn, ok)
		}

		time.Sleep(time.Minute)
		in.Leaving("closed the connection")
		in.Detach()
		expect("a source that leaves", `live of "butt" by dj: 1m0s, closed the connection`)
		in = connect()
		in.Write(numbered(2))
		expect("the same title after a moment", `live begins with "One"`)

		files := attach(t, r, "/live", Files)
		in.Kick()
		expect("a source that is removed", `live of "butt" by dj: 0s, removed by the operator`)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		expect("music after the grace", `files begins with ""`)
		files.Pause()
		files.Resume()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		expect("music that pauses", `files of "" by : 0s, it had nothing to play`, `files begins with ""`)
		in = connect()
		in.Write(numbered(3))
		expect("a source that takes over", `files of "" by : 0s, a better input took the air`, `live begins with "One"`)
		r.Close()
		expect("the end", `live of "butt" by dj: 0s, the server is shutting down`)
		if _, ok := m.Turn(); ok {
			t.Error("a mount that has ended has somebody on the air")
		}
	})
}

// Whatever ends once the server is about to ends for that reason, even when it was
// told before the mount.
func TestTurnsEndWithTheServer(t *testing.T) {
	r := newRegistry(t, "")
	var reason string
	r.OnTurn = func(turn Turn) { reason = turn.Reason }
	ctx, end := context.WithCancel(t.Context())
	defer end()
	r.EndWith(ctx)
	for _, ending := range []bool{false, true} {
		in, err := r.Attach(fmt.Sprintf("/%v", ending), Feed{Kind: Files})
		if err != nil {
			t.Fatal(err)
		}
		want := turnEnded
		if ending {
			end()
			want = ErrShutdown.Error()
		}
		in.Detach()
		if reason != want || in.Mount.ServerEnds() != ending {
			t.Errorf("ending %v: %q", ending, reason)
		}
	}
}
