package api

import (
	"context"
	"slices"
	"sync"
	"time"

	"relay/conf"
	"relay/internal/logtail"
	"relay/mounts"
)

// countEvery is how often numbers of listeners are checked.
const countEvery = time.Second

// Events reports changes of the mounts to its followers. One goroutine, in Run, makes
// the events, and encodes each once for all followers with the same view. It never
// waits for a follower.
type Events struct {
	registry *mounts.Registry
	conf     *conf.Live
	tail     *logtail.Tail
	wake     chan struct{} // signalled when a follower has come or left

	capacity Capacity

	mu        sync.Mutex
	followers map[*follower]struct{}
	guests    guests      // the followers without a login
	fresh     []*follower // the followers that have been sent nothing yet
	ended     bool

	// Owned by Run.
	known  map[string]scene
	counts map[string]int
	told   map[string]string // the last detail events for operators, in JSON
}

// scene is a mount as it was last reported.
type scene struct {
	Mount
	hidden  bool
	counted bool // everyone may know the number of listeners
}

// Capacity is what the machine has room for.
type Capacity interface {
	// Followers returns how many event streams there is room for.
	Followers() int
}

// NewEvents returns the events of the mounts in r and of the log. There are none
// until Run is called. Without a capacity (nil) there is room for maxFollowers.
func NewEvents(r *mounts.Registry, c *conf.Live, tail *logtail.Tail, capacity Capacity) *Events {
	return &Events{
		registry: r, conf: c, capacity: capacity, tail: tail, wake: make(chan struct{}, 1),
		followers: map[*follower]struct{}{},
		known:     map[string]scene{}, counts: map[string]int{}, told: map[string]string{},
	}
}

// Run makes events until ctx is done, and then ends all followers.
func (e *Events) Run(ctx context.Context) {
	defer e.end()
	changes := e.registry.Subscribe()
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
			var fresh []logtail.Line
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

// look returns the events for the changes of a mount since the last look.
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

// isSame reports whether there is no change to report. Numbers of listeners are
// reported separately, and a small change of the bit rate does not count.
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

// count checks all mounts for changes that are not signalled: the numbers of
// listeners and, if operators follow, the bytes sent and so on.
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

// everything returns the events that a new follower gets first.
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
