package mounts

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// notedPlays records the plays of a registry's mounts: "A#1" is the first play, with
// the title A, "-" is audio without a title.
type notedPlays struct {
	mu      sync.Mutex
	numbers map[int64]int
	list    map[string][]string // by mount
}

func notePlays(r *Registry) *notedPlays {
	n := &notedPlays{numbers: map[int64]int{}, list: map[string][]string{}}
	r.Observe(watcher{play: func(p Play) {
		n.mu.Lock()
		defer n.mu.Unlock()
		said := "-"
		if p.ID != 0 {
			if n.numbers[p.ID] == 0 {
				n.numbers[p.ID] = len(n.numbers) + 1
			}
			said = fmt.Sprintf("%s#%d", p.Text, n.numbers[p.ID])
		}
		if list := n.list[p.Mount]; len(list) == 0 || list[len(list)-1] != said {
			n.list[p.Mount] = append(list, said)
		}
	}})
	return n
}

func (n *notedPlays) of(mount string) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.list[mount])
}

// A play begins where a title begins, and continues where the same title is only
// repeated.
func TestPlays(t *testing.T) {
	type stage struct {
		registry *Registry
		files    *Input
		live     *Input
	}
	title := func(text string) Title { return Title{Text: text} }
	// come connects a live source, which sends its first title before its first frame.
	come := func(t *testing.T, s *stage, user string, titles ...string) {
		t.Helper()
		in, err := s.registry.Attach("/live", Feed{Kind: LiveSource, User: user})
		if err != nil {
			t.Fatal(err)
		}
		s.live = in
		for _, text := range titles[:min(1, len(titles))] {
			in.SetTitle(title(text))
		}
		in.Write(numbered(unheard()))
		for _, text := range titles[min(1, len(titles)):] {
			in.SetTitle(title(text))
		}
	}
	pass := func(s *stage, length time.Duration) {
		if s.live == nil {
			time.Sleep(length)
			return
		}
		playOn(s.live, length)
	}
	leave := func(s *stage, away time.Duration) {
		s.live.Detach()
		time.Sleep(away)
		synctest.Wait()
	}
	const grace = 5 * time.Second
	for _, tt := range []struct {
		name string
		do   func(t *testing.T, s *stage)
		want []string
	}{
		{"an untitled source inside a track", func(t *testing.T, s *stage) {
			s.files.BeginTrack(title("T"))
			pass(s, time.Minute)
			come(t, s, "dj1")
			pass(s, time.Minute)
			leave(s, grace)
		}, []string{"-", "T#1", "-", "T#1"}},
		{"a titled source inside a track", func(t *testing.T, s *stage) {
			s.files.BeginTrack(title("T"))
			come(t, s, "dj1", "L")
			pass(s, time.Hour)
			leave(s, grace)
		}, []string{"-", "T#1", "L#2", "T#1"}},
		{"the track is begun anew after a source", func(t *testing.T, s *stage) {
			s.files.BeginTrack(title("T"))
			come(t, s, "dj1")
			s.files.BeginTrack(title("T"))
			leave(s, grace)
		}, []string{"-", "T#1", "-", "T#2"}},
		{"the same track three times", func(t *testing.T, s *stage) {
			for range 3 {
				s.files.BeginTrack(title("T"))
				pass(s, 10*time.Second)
			}
		}, []string{"-", "T#1", "T#2", "T#3"}},
		{"two tracks of one name at once", func(t *testing.T, s *stage) {
			s.files.BeginTrack(title("T"))
			s.files.BeginTrack(title("T"))
		}, []string{"-", "T#1", "T#2"}},
		{"a jingle without a title", func(t *testing.T, s *stage) {
			s.files.BeginTrack(title("T"))
			s.files.BeginTrack(Title{})
			s.files.BeginTrack(title("U"))
		}, []string{"-", "T#1", "-", "U#2"}},
		{"the same title at three song changes", func(t *testing.T, s *stage) {
			come(t, s, "dj1")
			for range 3 {
				s.live.SetTitle(title("L"))
				pass(s, 3*time.Minute)
			}
		}, []string{"-", "L#1", "L#2", "L#3"}},
		{"a title that is sent every few seconds", func(t *testing.T, s *stage) {
			come(t, s, "dj1")
			for range 60 {
				s.live.SetTitle(title("L"))
				pass(s, 10*time.Second)
			}
		}, []string{"-", "L#1"}},
		{"the cover comes later", func(t *testing.T, s *stage) {
			come(t, s, "dj1", "L")
			pass(s, time.Second)
			s.live.SetTitle(Title{Text: "L", URL: "http://cover.example/l"})
		}, []string{"-", "L#1"}},
		{"another title in between", func(t *testing.T, s *stage) {
			come(t, s, "dj1", "L", "M", "L")
		}, []string{"-", "L#1", "M#2", "L#3"}},
		{"no title for a moment", func(t *testing.T, s *stage) {
			come(t, s, "dj1", "L")
			pass(s, time.Second)
			s.live.SetTitle(Title{})
			pass(s, time.Second)
			s.live.SetTitle(title("L"))
		}, []string{"-", "L#1", "-", "L#1"}},
		{"no title for more than a minute", func(t *testing.T, s *stage) {
			come(t, s, "dj1", "L")
			s.live.SetTitle(Title{})
			pass(s, 70*time.Second)
			s.live.SetTitle(title("L"))
		}, []string{"-", "L#1", "-", "L#2"}},
		{"no title between two songs of one name", func(t *testing.T, s *stage) {
			come(t, s, "dj1", "L")
			pass(s, 3*time.Minute)
			s.live.SetTitle(Title{})
			pass(s, 2*time.Second)
			s.live.SetTitle(title("L"))
		}, []string{"-", "L#1", "-", "L#2"}},
		{"back within the grace, and the title is sent again", func(t *testing.T, s *stage) {
			come(t, s, "dj1", "L")
			pass(s, 3*time.Minute)
			leave(s, 3*time.Second)
			come(t, s, "dj1")
			pass(s, 2*time.Second)
			s.live.SetTitle(title("L"))
		}, []string{"-", "L#1"}},
		{"back within the grace, and later the next song of that name", func(t *testing.T, s *stage) {
			come(t, s, "dj1", "L")
			leave(s, 3*time.Second)
			come(t, s, "dj1", "L")
			pass(s, time.Minute)
			s.live.SetTitle(title("L"))
		}, []string{"-", "L#1", "L#2"}},
		{"a take-over by the same login", func(t *testing.T, s *stage) {
			come(t, s, "dj1", "L")
			pass(s, 3*time.Minute)
			come(t, s, "dj1", "L")
		}, []string{"-", "L#1"}},
		{"back after the grace", func(t *testing.T, s *stage) {
			s.files.BeginTrack(title("T"))
			come(t, s, "dj1", "L")
			leave(s, grace+time.Second)
			come(t, s, "dj1", "L")
		}, []string{"-", "T#1", "L#2", "T#1", "L#3"}},
		{"a better source in between", func(t *testing.T, s *stage) {
			come(t, s, "dj2", "L")
			worse := s.live
			come(t, s, "dj1", "M")
			pass(s, time.Minute)
			leave(s, grace)
			worse.Write(numbered(2))
		}, []string{"-", "L#1", "M#2", "L#1"}},
		{"the same title of another login", func(t *testing.T, s *stage) {
			come(t, s, "dj2", "L")
			come(t, s, "dj1", "L")
		}, []string{"-", "L#1", "L#2"}},
		{"titles within the stream that a new connection repeats", func(t *testing.T, s *stage) {
			come(t, s, "dj1")
			s.live.StreamTitle(title("L"))
			pass(s, 3*time.Minute)
			leave(s, time.Second)
			come(t, s, "dj1")
			pass(s, time.Minute)
			s.live.StreamTitle(title("L"))
		}, []string{"-", "L#1"}},
		{"titles within the stream with none in between", func(t *testing.T, s *stage) {
			come(t, s, "dj1")
			for _, pause := range []time.Duration{time.Second, time.Minute, 0} {
				s.live.StreamTitle(title("L"))
				pass(s, 3*time.Minute)
				s.live.StreamTitle(Title{})
				pass(s, pause)
			}
		}, []string{"-", "L#1", "-", "L#1", "-", "L#2", "-"}},
		{"a title that comes too fast", func(t *testing.T, s *stage) {
			come(t, s, "dj1")
			for n := range titleBurst - 1 {
				s.live.SetTitle(title(fmt.Sprint(n % 2)))
			}
			s.live.SetTitle(title("L"))
			s.live.SetTitle(title("M"))
			pass(s, 2*titleEvery)
			s.live.Write(numbered(2))
			s.live.SetTitle(title("M"))
		}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRegistry(t, strings.Replace(twoDJs, "[[mount]]", "[[mount]]\ngrace = '5s'", 1))
				defer r.Close()
				n := notePlays(r)
				s := &stage{registry: r, files: attach(t, r, "/live", Files)}
				tt.do(t, s)
				got := n.of("/live")
				if tt.want == nil {
					if last := got[len(got)-1]; len(got) != titleBurst+2 || last[0] != 'M' {
						t.Errorf("%d plays, the last %s", len(got), last)
					}
					return
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("played %q\n  want %q", got, tt.want)
				}
			})
		})
	}
}

// A relay whose stream is back after a short break continues its play. After a longer
// one, the play is unknown until it sends a title.
func TestPlaysOfARelay(t *testing.T) {
	for away, want := range map[time.Duration][]string{
		time.Second: {"-", "R#1"},
		time.Minute: {"-", "R#1", "-", "R#2"},
	} {
		t.Run(fmt.Sprint(away), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRegistry(t, "")
				defer r.Close()
				n := notePlays(r)
				relay := attach(t, r, "/live", Relayed)
				relay.Write(numbered(1))
				relay.StreamTitle(Title{Text: "R"})
				relay.Pause()
				time.Sleep(away)
				relay.Reconnected()
				relay.Write(numbered(2))
				relay.StreamTitle(Title{Text: "R"})
				if got := n.of("/live"); !slices.Equal(got, want) {
					t.Errorf("played %q, want %q", got, want)
				}
			})
		})
	}
}

// A mount that carries another mount's stream has that mount's plays, and a fallback
// that takes the air again does not begin with its earlier title.
func TestPlaysThatAreCarriedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, "[[mount]]\nname = '/b'\nfallbacks = ['/a']\ngrace = '0s'\n")
		defer r.Close()
		n := notePlays(r)
		origin := attach(t, r, "/a", LiveSource)
		origin.SetTitle(Title{Text: "One"})
		origin.Write(numbered(1))
		fallback, err := r.Attach("/b", Feed{Kind: Fallback, From: "/a"})
		if err != nil {
			t.Fatal(err)
		}
		carry := func() {
			at := origin.Mount.Stream.Behind(0)
			fallback.CarryTitle(at.Block())
			fallback.CarryTitle(at.Block())
		}
		carry()
		live := attach(t, r, "/b", LiveSource)
		live.SetTitle(Title{Text: "Own"})
		live.Write(numbered(2))
		origin.SetTitle(Title{Text: "Two"})
		origin.Write(numbered(3))
		live.Detach()
		synctest.Wait()
		time.Sleep(time.Second)
		carry()
		if a, b := n.of("/a"), n.of("/b"); !slices.Equal(a, []string{"One#1", "Two#3"}) || !slices.Equal(b, []string{"-", "One#1", "Own#2", "-", "Two#3"}) {
			t.Errorf("played %q on /a, %q on /b", a, b)
		}
	})
}

// The last titles of a mount are plays too.
func TestTitleHistoryHasEveryPlay(t *testing.T) {
	r := newRegistry(t, "")
	files := attach(t, r, "/live", Files)
	for range 3 {
		files.BeginTrack(Title{Text: "T"})
		files.BeginTrack(Title{})
	}
	live := attach(t, r, "/live", LiveSource)
	live.Write(numbered(1)) // without a title
	if got := files.Mount.History(); len(got) != 3 {
		t.Errorf("history %+v", got)
	}
}
