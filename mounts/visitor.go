package mounts

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

const (
	// maxTwins is how many connections of one playback count as one listener: Apple's
	// players open one to probe the stream and continue with a second, sometimes a
	// third.
	maxTwins = 3

	// probeTime is how long a connection that only probes the stream lasts, and how soon
	// the one that plays follows, if nothing else shows that they belong together.
	probeTime = 10 * time.Second

	// maxPlayback is the maximum stored length of a playback's name, in bytes.
	maxPlayback = 64
)

// A visitor is a listener with one connection or with the twin connections of Apple's
// players. Guarded by Audience.mu.
type visitor struct {
	id      uint64              // of its session
	twins   [maxTwins]*Listener // its connections, in the order in which they came
	since   time.Time           // when the first connection came to the mount
	came    int64               // when it came to the server, in Unix milliseconds
	sent    int64               // bytes, to connections that have left
	present uint8               // number of connections
	probes  bool                // all connections so far were probes
	counted bool                // its beginning is in the delayed count
	brief   bool                // it left before it counted
	known   bool                // it is included in the unique listeners
	early   bool                // it is included in the early joins
	via     Via                 // of its first connection
}

// members returns the connections of the visitor.
func (v *visitor) members() []*Listener { return v.twins[:v.present] }

// IdentifyPlayback stores what distinguishes twin connections of one player from two
// players. Both arguments are fields of the request: X-Playback-Session-Id and Range.
func (l *Listener) IdentifyPlayback(session, ranges string) {
	p := playback{name: session[:min(len(session), maxPlayback)]}
	p.probe = isApples(l.Agent()) && strings.ReplaceAll(ranges, " ", "") == "bytes=0-1"
	if p != (playback{}) {
		p.name = strings.Clone(p.name)
		l.playback = &p
	}
}

// isApples reports whether a User-Agent belongs to a player that probes.
func isApples(agent string) bool {
	for _, name := range []string{"AppleCoreMedia", "QuickTime", "iPhone", "iPad", "Macintosh"} {
		if strings.Contains(agent, name) {
			return true
		}
	}
	return false
}

// playback is what a connection says of what it plays.
type playback struct {
	name  string // the same for all twins; empty: none
	probe bool   // it only probes the stream
}

// played returns what l says of what it plays.
func (l *Listener) played() playback {
	if l.playback == nil {
		return playback{}
	}
	return *l.playback
}

// twinKey is what twin connections have in common: the name of the playback or, without
// one, that the first was a probe.
type twinKey struct {
	person
	playback string
}

// twinKey returns what l has in common with its twins.
func (l *Listener) twinKey() twinKey { return twinKey{l.person(), l.played().name} }

// person returns what unique listeners are distinguished by.
func (l *Listener) person() person { return person{l.Addr, l.Agent()} }

// twinsOf returns the visitor of which l is a twin connection, or nil if there is none.
// a.mu is held.
func (a *Audience) twinsOf(l *Listener, now time.Time) *visitor {
	v := a.playbacks[l.twinKey()]
	if v == nil || v.present >= maxTwins || l.played().name == "" && (!v.probes || now.Sub(v.since) > probeTime) {
		return nil
	}
	return v
}

// enter adds l to the visitor of its twins, or makes it a visitor. a.mu is held.
func (a *Audience) enter(l *Listener, now time.Time) {
	v := a.twinsOf(l, now)
	if v == nil {
		v = &visitor{id: NewListenerID(), probes: true, since: now, came: l.Since.UnixMilli(), via: l.Via}
		if l.playback != nil {
			a.playbacks[l.twinKey()] = v
		}
		a.visitors++
		a.via[v.via]++
		a.people.Add(1)
		a.unique.came += v.came
		a.delayed.come(v)
	}
	v.twins[v.present] = l
	v.present++
	v.probes = v.probes && l.played().probe
	l.visitor = v
}

// exit removes l from its visitor, and reports whether the visitor has left with it.
// a.mu is held.
func (a *Audience) exit(l *Listener, now time.Time) (left bool) {
	v := l.visitor
	v.sent += l.sentHere()
	v.present = uint8(len(slices.DeleteFunc(v.members(), func(twin *Listener) bool { return twin == l })))
	if v.present > 0 {
		return false
	}
	if key := l.twinKey(); a.playbacks[key] == v {
		delete(a.playbacks, key)
	}
	a.visitors--
	a.via[v.via]--
	a.people.Add(-1)
	a.unique.came -= v.came
	if v.known {
		a.unique.forget(l.person())
	}
	if v.early {
		a.early.leave()
	}
	a.delayed.leave(v, now)
	return true
}

// shown returns the connection that stands for the visitor in lists: the one that
// plays.
func (v *visitor) shown() *Listener { return v.twins[v.present-1] }

// stay returns the session of the visitor, whose last connection is last. It counts if
// it was long enough, and more than a probe.
func (v *visitor) stay(last *Listener, now time.Time, countAfter time.Duration) Session {
	s := Session{ID: v.id, Addr: last.Addr, Agent: last.Agent(), User: last.User(), Since: v.since, Sent: v.sent}
	for _, l := range v.members() {
		s.Sent += l.sentHere()
		s.User = cmp.Or(s.User, l.User())
	}
	stayed := now.Sub(v.since)
	s.Counts = stayed >= countAfter && !(v.probes && stayed < probeTime)
	return s
}
