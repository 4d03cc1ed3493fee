package listeners

import (
	"time"

	"relay/conf"
	"relay/mounts"
)

// An introduction is a listener's progress through the intro of its mount: the first
// burst at once, the rest in real time, so that the listener does not run minutes
// ahead of the stream that follows.
type introduction struct {
	*mounts.Intro
	replay *replay // the past of the mount in place of an intro; nil: none

	began time.Time
	burst int64 // bytes

	playable int64 // offset up to which it may be sent
}

// introduce starts the mount's intro or, if there is none, joins the stream.
func (l *listener) introduce(now time.Time) {
	intro := l.mount.Intro()
	if intro == nil {
		l.join(l.mount.Burst())
		l.mount.Audience.Took(&l.Listener, l.given)
		return
	}
	l.intro = &introduction{Intro: intro, began: now, burst: intro.Bytes(l.mount.Burst())}
	l.cursor = intro.Stream.Behind(intro.Duration)
	l.hear(now)
}

// hear allows as much of the intro as is due, and joins the stream at its end. No
// burst follows, because the intro has filled the player's buffer.
func (l *listener) hear(now time.Time) {
	if l.inPast() {
		l.replayDue(now)
		return
	}
	end := l.intro.Stream.End()
	if l.cursor.Offset() < end {
		played := float64(now.Sub(l.intro.began)) / float64(l.intro.Duration)
		l.intro.playable = l.intro.burst + int64(played*float64(end))
		return
	}
	lead := l.lead(now)
	if place := l.intro.GoesOn; place > 0 {
		at, ok := l.mount.Stream.After(place)
		switch {
		case !ok:
			return // the stream has not come so far: its pages would go back in time
		case at.Link() == l.cursor.Link():
			l.goOn(at, lead)
			return
		}
	}
	l.join(conf.Burst{})
	l.holds(lead)
}

// goOn takes a listener from an intro or the past to a place in the stream. Its player holds
// lead.
func (l *listener) goOn(at mounts.Cursor, lead time.Duration) {
	l.cursor, l.intro = at, nil
	if l.metaint == 0 {
		l.cursor.IgnoreTitles()
	}
	l.begin(l.mount.Stream.Played() - at.Played())
	l.holds(lead)
}
