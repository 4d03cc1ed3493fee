package mounts

import (
	"testing"
	"testing/synctest"
	"time"

	"relay/icy"
)

const twoDJs = `
[[mount]]
name = "/live"
takeover = "same-user"
[[mount.source]]
user = "dj1"
password = "one"
[[mount.source]]
user = "dj2"
password = "two"
`

// reader is a listener with metadata.
type reader struct {
	at     Cursor
	titles []string // of the blocks it was sent
}

// listen reads to the end of the stream as a listener does.
func (r *reader) listen(t *testing.T) {
	t.Helper()
	for {
		if mark := r.at.Block(); mark != nil {
			title, _, _ := icy.ParseBlock(mark.Block[1:])
			r.titles = append(r.titles, title)
			r.at.Shown(mark)
		}
		if _, ok := r.at.NextUnit(); !ok {
			return
		}
	}
}

// last returns the title of the last block.
func (r *reader) last() string {
	if len(r.titles) == 0 {
		return ""
	}
	return r.titles[len(r.titles)-1]
}

func TestTitleOfABridgedBreak(t *testing.T) {
	come := func(t *testing.T, r *Registry, user string) *Input {
		t.Helper()
		in, err := r.Attach("/live", Feed{Kind: LiveSource, User: user})
		if err != nil {
			t.Fatal(err)
		}
		return in
	}
	for name, tt := range map[string]struct {
		toml string
		back func(t *testing.T, r *Registry, first *Input) *Input
		want string
	}{
		"back within the grace": {twoDJs, func(t *testing.T, r *Registry, first *Input) *Input {
			first.Detach()
			time.Sleep(2 * time.Second)
			return come(t, r, "dj1")
		}, "Song"},
		"back at the third attempt": {twoDJs, func(t *testing.T, r *Registry, first *Input) *Input {
			first.Detach()
			for range 2 {
				time.Sleep(time.Second)
				come(t, r, "dj1").Detach()
			}
			return come(t, r, "dj1")
		}, "Song"},
		"take-over by the same login": {twoDJs, func(t *testing.T, r *Registry, first *Input) *Input {
			return come(t, r, "dj1")
		}, "Song"},
		"take-over without a grace": {twoDJs + "[[mount]]\nname = '/*'\ngrace = '0s'\n", func(t *testing.T, r *Registry, first *Input) *Input {
			return come(t, r, "dj1")
		}, "Song"},
		"take-over of one that is silent": {"[[mount]]\nname = '/live'\n", func(t *testing.T, r *Registry, first *Input) *Input {
			time.Sleep(silentAfter)
			return come(t, r, "")
		}, "Song"},
		"removed by an operator": {twoDJs, func(t *testing.T, r *Registry, first *Input) *Input {
			first.Kick()
			return come(t, r, "dj1")
		}, "Song"},
		"a title in the break": {twoDJs, func(t *testing.T, r *Registry, first *Input) *Input {
			first.Detach()
			r.SetTitle("/live", "dj1", Title{Text: "Next"})
			return come(t, r, "dj1")
		}, "Next"},
		"a title that came too fast before it": {twoDJs, func(t *testing.T, r *Registry, first *Input) *Input {
			for range titleBurst {
				first.SetTitle(Title{Text: "Flood"})
				first.SetTitle(Title{Text: "Last"})
			}
			first.Detach()
			return come(t, r, "dj1")
		}, "Last"},
		"an empty title": {twoDJs, func(t *testing.T, r *Registry, first *Input) *Input {
			first.SetTitle(Title{})
			first.Detach()
			return come(t, r, "dj1")
		}, ""},
		"another login within the grace": {twoDJs, func(t *testing.T, r *Registry, first *Input) *Input {
			first.Detach()
			return come(t, r, "dj2")
		}, ""},
		"another login, then the first": {twoDJs, func(t *testing.T, r *Registry, first *Input) *Input {
			first.Detach()
			come(t, r, "dj2").Write(numbered(50))
			return come(t, r, "dj1")
		}, "Song"},
		"take-over by another login": {"[[mount]]\nname = '/live'\ntakeover = 'newest'\n[mount.listener_auth]\nstream_auth = 'http://127.0.0.1/'\n", func(t *testing.T, r *Registry, first *Input) *Input {
			return come(t, r, "another")
		}, ""},
		"back after the grace": {twoDJs, func(t *testing.T, r *Registry, first *Input) *Input {
			attach(t, r, "/live", Files)
			first.Detach()
			time.Sleep(4 * time.Second)
			return come(t, r, "dj1")
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRegistry(t, tt.toml)
				defer r.Close()
				user := "dj1"
				if tt.toml != twoDJs && len(tt.toml) < len(twoDJs) {
					user = ""
				}
				first := come(t, r, user)
				m := first.Mount
				first.SetTitle(Title{Text: "Song", URL: "http://radio.example/"})
				first.Write(numbered(1))
				var listener reader
				listener.at, _, _ = m.Stream.Join(bytesOf(0), nil)
				listener.listen(t)
				if listener.last() != "Song" {
					t.Fatalf("before the break: %q", listener.titles)
				}
				again := tt.back(t, r, first)
				again.Write(numbered(100))
				listener.listen(t)
				if got := m.Programme().Title.Text; got != tt.want || listener.last() != tt.want {
					t.Errorf("title %q, the listener was shown %q; want %q", got, listener.titles, tt.want)
				}
				if tt.want == "Song" && m.Programme().Title.URL == "" {
					t.Error("the title's address is lost")
				}
				again.SetTitle(Title{Text: "New"})
				again.Write(numbered(101))
				listener.listen(t)
				if listener.last() != "New" {
					t.Errorf("then it was shown %q", listener.titles)
				}
			})
		})
	}
}

// Titles of logins that never come back are forgotten.
func TestKeptTitlesAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, "[[mount]]\nname = '/live'\ngrace = '1s'\n[mount.listener_auth]\nstream_auth = 'http://127.0.0.1/'\n")
		defer r.Close()
		files := attach(t, r, "/live", Files)
		for n := range 100 {
			in, err := r.Attach("/live", Feed{Kind: LiveSource, User: string(rune('a' + n))})
			if err != nil {
				t.Fatal(err)
			}
			in.Detach()
			time.Sleep(time.Second)
		}
		if n := len(files.Mount.kept); n > 2 {
			t.Errorf("%d titles are kept", n)
		}
	})
}
