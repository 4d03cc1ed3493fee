package listeners

import (
	"math"
	"time"

	"relay/mounts"
)

// wholeStream is how far a listener without an intro may read.
const wholeStream = math.MaxInt64

// An introduction is a listener's way through the intro of his mount: its
// first burst at once, the rest in real time, so that he is not served minutes
// ahead of the stream he came for.
type introduction struct {
	*mounts.Intro
	began time.Time
	burst int64 // bytes
}

// introduce begins with the mount's intro, if there is one, and else joins the
// stream.
func (l *listener) introduce(now time.Time) {
	intro := l.mount.Intro()
	if intro == nil {
		l.join(int64(l.mount.Config().Burst))
		return
	}
	l.intro = &introduction{intro, now, int64(l.mount.Config().Burst)}
	l.cursor, _ = intro.Stream.Join(math.MaxInt64)
	l.hear(now)
}

// hear allows what is due of the intro, and joins the stream behind its end.
// No burst follows: the intro was one.
func (l *listener) hear(now time.Time) {
	end := l.intro.Stream.End()
	if l.cursor.Offset() < end {
		played := float64(now.Sub(l.intro.began)) / float64(l.intro.Duration)
		l.playable = l.intro.burst + int64(played*float64(end))
		return
	}
	l.join(0)
}
