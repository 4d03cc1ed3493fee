package listeners

import (
	"time"

	"relay/auth"
	"relay/icy"
	"relay/journal"
	"relay/mounts"
)

// A listener is one socket that follows a mount's stream, and exactly what it
// was sent so far. One goroutine at a time has it: that of the connection,
// then that of its shard.
type listener struct {
	// What every visit reads and writes comes first, to share cache lines.
	mount  *mounts.Mount
	socket socket
	cursor mounts.Cursor

	// pending is sent before anything more of the stream: the head, frames
	// made to decode after a join, the rest of a block or frame that the
	// socket took in part.
	pending []byte

	metaint    int // audio bytes between metadata blocks; 0: none
	untilBlock int // audio bytes until the next block

	playable int64         // offset up to which he may be sent the stream
	intro    *introduction // nil once he hears the mount

	lastTaken time.Time // when the socket last took a byte
	until     time.Time // how long he may stay; zero: for ever

	entry *journal.Access // nil: nobody keeps an access log
	visit *auth.Visit     // nil: nobody was asked

	mounts.Listener
}

// join starts the listener about burst bytes behind the end of the stream.
func (l *listener) join(burst int64) {
	cursor, first := l.mount.Stream.Join(burst)
	l.cursor, l.intro, l.playable = cursor, nil, wholeStream
	if l.metaint == 0 {
		l.cursor.IgnoreTitles()
	}
	l.queue(first)
}

// skip moves a listener who has fallen behind forward. The frame he is in is
// finished first.
func (l *listener) skip(burst int64) {
	l.queue(l.cursor.RestOfFrame())
	l.join(burst)
}

// move takes the listener over to another mount. The frame he is in is
// finished first; no burst follows, because his player has one. The result is
// as that of Audience.Leave.
func (l *listener) move(to *mounts.Mount) (s mounts.Stay, here bool) {
	l.queue(l.cursor.RestOfFrame())
	s, here = l.mount.Audience.MoveTo(&to.Audience, &l.Listener)
	l.mount = to
	l.join(0)
	return s, here
}

// queue puts audio that is not the stream's own bytes into pending, with the
// blocks that fall into it.
func (l *listener) queue(audio []byte) {
	for l.metaint > 0 && len(audio) >= l.untilBlock {
		l.pending = append(l.pending, audio[:l.untilBlock]...)
		audio = audio[l.untilBlock:]
		block := icy.EmptyBlock
		if title := l.cursor.Block(); title != nil {
			block = title.Block
			l.cursor.Shown(title)
		}
		l.pending = append(l.pending, block...)
		l.untilBlock = l.metaint
	}
	l.pending = append(l.pending, audio...)
	l.untilBlock -= len(audio)
}
