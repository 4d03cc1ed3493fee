package mounts

import (
	"testing"
	"testing/synctest"
	"time"
)

// The programme shows what is heard, with every kind of feed and every kind of end.
func TestProgrammeSaysWhatSounds(t *testing.T) {
	play := func(in *Input) {
		in.SetTitle(Title{Text: "Song"})
		in.Write(numbered(1))
	}
	for name, c := range map[string]struct {
		feed  Feed
		then  func(*Input)
		state string
		title string
		since time.Duration // of the beginning
	}{
		"a source without a frame yet": {feed: Feed{Kind: LiveSource}, state: Waiting, title: "Song",
			then: func(in *Input) { in.SetTitle(Title{Text: "Song"}) }},
		"a source that plays": {feed: Feed{Kind: LiveSource}, state: "live", title: "Song", since: time.Minute,
			then: func(in *Input) { play(in); time.Sleep(time.Minute) }},
		"a source within its grace": {feed: Feed{Kind: LiveSource}, state: Waiting, title: "Song", since: 2 * time.Minute,
			then: func(in *Input) { play(in); time.Sleep(time.Minute); in.Detach(); time.Sleep(time.Second) }},
		"a relay that has lost its stream": {feed: Feed{Kind: Relayed}, state: Waiting, since: 2 * time.Minute,
			then: func(in *Input) { play(in); time.Sleep(time.Minute); in.Pause(); time.Sleep(time.Minute) }},
		"a relay that has it again": {feed: Feed{Kind: Relayed}, state: "relay", title: "Song", since: 3 * time.Minute,
			then: func(in *Input) { play(in); time.Sleep(time.Minute); in.Pause(); time.Sleep(time.Minute); play(in) }},
		"a relay on demand that nobody has heard": {feed: Feed{Kind: Relayed, OnDemand: true}, state: Asleep,
			then: func(*Input) {}},
		"a relay on demand that nobody hears any more": {feed: Feed{Kind: Relayed, OnDemand: true}, state: Asleep, since: 2 * time.Minute,
			then: func(in *Input) { play(in); time.Sleep(time.Minute); in.Pause(); time.Sleep(time.Minute) }},
		"a relay on demand that somebody waits for": {feed: Feed{Kind: Relayed, OnDemand: true}, state: Waiting,
			then: func(in *Input) { in.Mount.Audience.Want() }},
		"a rendition that began to sound later": {feed: Feed{Kind: Encoded}, state: "rendition", title: "Song", since: time.Minute,
			then: play},
		"a rendition that sleeps": {feed: Feed{Kind: Encoded, OnDemand: true}, state: Asleep, since: time.Minute,
			then: func(in *Input) { play(in); in.Pause() }},
		"a rendition whose encoder has died": {feed: Feed{Kind: Encoded}, state: Waiting, since: time.Minute,
			then: func(in *Input) { play(in); in.Pause(); time.Sleep(time.Minute) }},
		"files that cannot be played": {feed: Feed{Kind: Files}, state: Waiting, since: time.Minute,
			then: func(in *Input) { in.Pause(); time.Sleep(time.Minute) }},
		"silence": {feed: Feed{Kind: Silent}, state: "silence",
			then: func(in *Input) { in.Write(numbered(1)) }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRegistry(t, "")
				began := time.Now()
				in, err := r.Attach("/a", c.feed)
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				c.then(in)
				p := in.Mount.Programme()
				if p.Input != c.state || p.Title.Text != c.title || p.Since.Sub(began) != c.since {
					t.Errorf("%s, %q, since %v; want %s, %q, %v", p.Input, p.Title.Text, p.Since.Sub(began), c.state, c.title, c.since)
				}
				if sounds := c.state != Waiting && c.state != Asleep; p.Sounds() != sounds {
					t.Errorf("it sounds: %v", p.Sounds())
				}
			})
		})
	}
}

// Music from disk counts as a stand-in only if another input is expected.
func TestOnFallback(t *testing.T) {
	for name, c := range map[string]struct {
		toml   string
		pulled bool
		kind   Kind
		want   bool
	}{
		"files as the programme":       {kind: Files},
		"files as a fallback":          {toml: "[[mount]]\nname = '/a'\nfallbacks = ['files']\n", kind: Files, want: true},
		"files below another fallback": {toml: "[[mount]]\nname = '/a'\nfallbacks = ['/b', 'files']\n", kind: Files, want: true},
		"files in place of a relay":    {pulled: true, kind: Files, want: true},
		"another mount":                {toml: "[[mount]]\nname = '/a'\nfallbacks = ['/b']\n", kind: Fallback, want: true},
		"the source":                   {toml: "[[mount]]\nname = '/a'\nfallbacks = ['files']\n", kind: LiveSource},
		"the relay":                    {pulled: true, kind: Relayed},
		"silence":                      {toml: "[[mount]]\nname = '/a'\nfallbacks = ['files']\n", kind: Silent},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRegistry(t, c.toml)
			if c.pulled {
				defer r.Promise("/a", false)()
			}
			in := attach(t, r, "/a", c.kind)
			in.Write(numbered(1))
			if got := in.Mount.Status().OnFallback; got != c.want {
				t.Errorf("on its fallback: %v", got)
			}
		})
	}
}

// Promised mounts are known by name, whether they exist or not.
func TestPromisedMounts(t *testing.T) {
	r := newRegistry(t, "")
	pulled, asleep := r.Promise("/pulled", false), r.Promise("/asleep", true)
	for name, want := range map[string]string{"/pulled": Waiting, "/asleep": Asleep, "/other": Waiting} {
		if got := r.AbsentState(name); got != want || r.IsPromised(name) != (name != "/other") {
			t.Errorf("%s is %s", name, got)
		}
	}
	again := r.Promise("/asleep", false) // as a reload does that changes the relay
	asleep()
	if got := r.AbsentState("/asleep"); got != Waiting {
		t.Errorf("it is %s", got)
	}
	pulled()
	again()
	if names := r.Promised(); len(names) > 0 {
		t.Errorf("%q are still promised", names)
	}
	if totals := r.Totals("/pulled"); totals.Sources != 0 || len(totals.Leaves) != len(DisconnectReasons) {
		t.Errorf("totals of a mount that never was: %+v", totals)
	}
}
