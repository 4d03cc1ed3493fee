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

// An airtime is reported from the first frame to the end, with the reason.
func TestAirtimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, "[[mount]]\nname = '/live'\ngrace = '3s'")
		var mu sync.Mutex
		var told []string
		note := func(format string, args ...any) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, fmt.Sprintf(format, args...))
		}
		r.Observe(watcher{
			title: func(_ string, _ int, title Title) { note("title %s", title.Text) },
			play: func(p Play) {
				if p.Text != "" {
					note("plays %q", p.Text)
				}
			},
			airtime: func(turn Airtime) {
				if turn.Until.IsZero() {
					note("%v begins", turn.Kind)
					return
				}
				note("%v of %q by %s: %v, %s", turn.Kind, turn.Agent, turn.User, turn.Until.Sub(turn.Since), turn.Reason)
			},
		})
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
			in, err := r.Attach("/live", Feed{Kind: LiveSource, User: "dj", Station: icy.Station{Agent: "butt"}})
			if err != nil {
				t.Fatal(err)
			}
			in.SetTitle(Title{Text: "One"})
			return in
		}
		in := connect()
		m := in.Mount
		if _, ok := m.Airtime(); ok {
			t.Error("a source that has sent nothing is on the air")
		}
		expect("a source that has sent nothing")
		in.Write(numbered(1))
		expect("its first frame", `plays "One"`, "live begins", "title One")
		if turn, ok := m.Airtime(); !ok || turn.Mount != "/live" || turn.Kind != LiveSource || !turn.Until.IsZero() {
			t.Errorf("on the air is %+v, %v", turn, ok)
		}

		time.Sleep(time.Minute)
		in.SetDisconnectReason("closed the connection")
		in.Detach()
		expect("a source that leaves", `live of "butt" by dj: 1m0s, closed the connection`)
		in = connect()
		in.Write(numbered(2))
		expect("the same title after a moment", `plays "One"`, "live begins")

		files := attach(t, r, "/live", Files)
		in.Kick()
		expect("a source that is removed", `live of "butt" by dj: 0s, removed by the operator`)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		expect("music after the grace", "files begins")
		files.Pause()
		files.Resume()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		expect("music that pauses", `files of "" by : 0s, it had nothing to play`, "files begins")
		in = connect()
		in.Write(numbered(3))
		expect("a source that takes over", `files of "" by : 0s, a better input took the air`, `plays "One"`, "live begins", "title One")
		r.Close()
		expect("the end", `live of "butt" by dj: 0s, the server is shutting down`)
		if _, ok := m.Airtime(); ok {
			t.Error("a mount that has ended has somebody on the air")
		}
	})
}

// Inputs that end once the server is about to end have that reason, even if they were
// told before the mount.
func TestAirtimesEndWithTheServer(t *testing.T) {
	r := newRegistry(t, "")
	var reason string
	r.Observe(watcher{airtime: func(turn Airtime) { reason = turn.Reason }})
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
