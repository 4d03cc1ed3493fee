package api

import (
	"context"
	"slices"
	"sync"
	"time"

	"relay/conf"
	"relay/journal"
	"relay/mounts"
)

// countEvery is how often listeners are counted.
const countEvery = time.Second

// Events tells those who follow what becomes of the mounts. One goroutine, in
// Run, makes the events, each once for all who get the same; it waits for
// nobody.
type Events struct {
	registry *mounts.Registry
	conf     *conf.Live
	tail     *journal.Tail
	wake     chan struct{} // somebody has come or left

	// Room, if set before anybody follows, is how many followers the system has
	// room for; there are never more than mostFollowers.
	Room func() int

	mu        sync.Mutex
	followers map[*follower]struct{}
	guests    guests      // those among them who have no login
	fresh     []*follower // those among them who have been told nothing yet
	ended     bool

	// Run's own.
	known  map[string]scene
	counts map[string]int
	told   map[string]string // details as operators know them, in JSON
}

// scene is a mount as it was told of.
type scene struct {
	Mount
	hidden  bool
	counted bool // everyone may know how many listen
}

// NewEvents returns events of the mounts in r and of the log; there are none
// before Run.
func NewEvents(r *mounts.Registry, c *conf.Live, tail *journal.Tail) *Events {
	return &Events{
		registry: r, conf: c, tail: tail, wake: make(chan struct{}, 1),
		followers: map[*follower]struct{}{},
		known:     map[string]scene{}, counts: map[string]int{}, told: map[string]string{},
	}
}

// Run makes events until ctx ends; then everyone who follows is let go.
func (e *Events) Run(ctx context.Context) {
	defer e.end()
	changes := e.registry.Follow()
	defer changes.Stop()
	reloads, unwatch := e.conf.Watch()
	defer unwatch()
	lines, unfollow := e.tail.Watch()
	defer unfollow()
	_, read := e.tail.Last(0)
	e.lookAll()
	tick := time.NewTicker(countEvery)
	tick.Stop()
	defer tick.Stop()
	ticking := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-changes.Signal():
			var news []event
			for _, name := range changes.Take() {
				news = append(news, e.look(name)...)
			}
			e.send(round{events: news})
		case <-reloads:
			e.send(round{events: e.lookAll()})
		case <-lines:
			var fresh []journal.Line
			if fresh, _, read = e.tail.Since(read); e.operatorsFollow() {
				e.send(round{events: logEvents(fresh)})
			}
		case <-tick.C:
			e.send(e.count())
		case <-e.wake:
		}
		switch following := e.greet(); {
		case following && !ticking:
			tick.Reset(countEvery)
			ticking = true
		case !following && ticking:
			tick.Stop()
			ticking = false
			clear(e.told)
		}
	}
}

// look says what has become of a mount since it was last looked at.
func (e *Events) look(name string) []event {
	config := e.conf.Config()
	before, was := e.known[name]
	m := e.registry.Find(name)
	if m == nil {
		if !was {
			return nil
		}
		delete(e.known, name)
		delete(e.counts, name)
		delete(e.told, name)
		return []event{goneEvent(name, before.hidden)}
	}
	now := scene{describe(config, m), m.Config().Hidden, config.Page.ShowListeners}
	if was && isSame(before, now) {
		return nil
	}
	e.known[name] = now
	var news []event
	if was && now.hidden && !before.hidden {
		gone := goneEvent(name, false)
		gone.operators = nil
		news = append(news, gone)
	}
	if p := now.Playing; p != nil && (before.Playing == nil || before.Playing.Text != p.Text || before.Playing.URL != p.URL) {
		news = append(news, titleEvent(name, now.hidden, *p))
	}
	return append(news, mountEvent(now))
}

// lookAll looks at all mounts.
func (e *Events) lookAll() (news []event) {
	for _, m := range e.registry.List() {
		news = append(news, e.look(m.Name)...)
	}
	return news
}

// isSame tells whether there is nothing new to tell. How many listen is told
// otherwise, and that a bit rate varies a little is no news.
func isSame(a, b scene) bool {
	if apart := a.BitRate - b.BitRate; apart*apart*100 <= a.BitRate*b.BitRate {
		b.BitRate = a.BitRate
	}
	return a.hidden == b.hidden && a.counted == b.counted &&
		a.Name == b.Name && a.Title == b.Title && a.Description == b.Description && a.Genre == b.Genre && a.URL == b.URL &&
		a.State == b.State && a.Since.Equal(*b.Since) && a.ListenURL == b.ListenURL &&
		a.BitRate == b.BitRate && a.SampleRate == b.SampleRate && a.Channels == b.Channels &&
		(a.Playing == nil) == (b.Playing == nil) && (a.Playing == nil || *a.Playing == *b.Playing) &&
		slices.Equal(a.History, b.History)
}

// count looks at all mounts for what nobody tells of: how many listen and,
// where operators follow, how much was sent and so on.
func (e *Events) count() round {
	r := round{events: e.lookAll(), counts: map[string]count{}}
	watched := e.operatorsFollow()
	config := e.conf.Config()
	for _, m := range e.registry.List() {
		hidden := m.Config().Hidden
		if n, before := m.Audience.Count(), e.counts[m.Name]; n != before {
			e.counts[m.Name] = n
			r.counts[m.Name] = count{n, hidden, config.Page.ShowListeners}
		}
		if !watched {
			continue
		}
		news := detailEvent(detail(config, m))
		if text := string(news.operators); e.told[m.Name] != text {
			e.told[m.Name] = text
			r.events = append(r.events, news)
		}
	}
	return r
}

// everything is what newcomers are told first.
func (e *Events) everything() round {
	config := e.conf.Config()
	r := round{counts: map[string]count{}, conf: config}
	for _, m := range e.registry.List() {
		s := scene{describe(config, m), m.Config().Hidden, config.Page.ShowListeners}
		r.events = append(r.events, mountEvent(s), detailEvent(detail(config, m)))
		r.counts[m.Name] = count{*s.Listeners, s.hidden, s.counted}
	}
	return r
}
