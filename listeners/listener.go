package listeners

import (
	"time"

	"relay/auth"
	"relay/conf"
	"relay/icy"
	"relay/internal/accesslog"
	"relay/mounts"
)

// A listener is one socket that follows a mount's stream, with an exact account of
// what it has been sent. One goroutine at a time owns it: first that of the
// connection, then that of its shard.
type listener struct {
	// The fields of every flush come first, to share cache lines.
	mount  *mounts.Mount
	socket socket
	cursor mounts.Cursor

	// pending is sent before anything more of the stream: the head, units repaired
	// after a join, or the rest of a block or unit of which the socket took a part.
	pending []byte

	metaint    int32 // audio bytes between metadata blocks; 0: none
	untilBlock int32 // audio bytes until the next block; without blocks it means nothing

	intro *introduction // nil once it hears the stream of the mount

	cadence cadence
	given   time.Duration // audio that its join gave
	next    *listener     // in its slot of the wheel

	lastTaken time.Duration // when the socket last took a byte, counted from Since

	account *account // nil: nobody is told when it leaves, and nothing limits its session

	mounts.Listener
}

// An account holds what only a few listeners need.
type account struct {
	entry     *accesslog.Access // nil: no access log is kept
	admission *auth.Admission   // nil: no login or hook was asked
	until     time.Duration     // end of its session, counted from Since; 0: no limit
}

// mustAccount returns the account of l, which it gets if it has none.
func (l *listener) mustAccount() *account {
	if l.account == nil {
		l.account = &account{}
	}
	return l.account
}

// until returns when the session of l ends, counted from Since; 0: no limit.
func (l *listener) until() time.Duration {
	if l.account == nil {
		return 0
	}
	return l.account.until
}

// join places the listener about a burst before the end of the stream.
func (l *listener) join(burst conf.Burst) { l.given = l.enter(burst) }

// enter is join for a listener that may have been given audio of another mount. It
// returns how much audio the listener is given of this one.
func (l *listener) enter(burst conf.Burst) (took time.Duration) {
	cursor, first, took := l.mount.Stream.Join(burst, l.cursor.Link())
	l.cursor, l.intro = cursor, nil
	l.begin(took)
	if l.metaint == 0 {
		l.cursor.IgnoreTitles()
	}
	l.queue(first)
	return took
}

// skip moves a listener that has fallen behind forward, after it has finished its
// current unit.
func (l *listener) skip(burst conf.Burst) {
	l.queue(l.cursor.RestOfUnit())
	l.join(burst)
}

// move takes the listener to another mount, after it has finished its current unit.
// Its player has a burst already: it gets as much of the other mount as it lacks, because
// the end of the stream had not been sent yet, or because of a break.
func (l *listener) move(to *mounts.Mount) {
	if !to.Suits(l.mount) {
		return // it was told another type
	}
	l.queue(l.cursor.RestOfUnit())
	lead := max(0, l.lead(time.Now()))
	l.mount.Audience.MoveTo(&to.Audience, &l.Listener)
	l.mount = to
	to.ContentType() // the mount keeps what this listener was told
	l.enter(conf.Burst{Time: conf.Duration(max(0, l.given-lead))})
	l.holds(lead)
}

// mustAct reports whether l has an order, or its stream has ended.
func (l *listener) mustAct() bool { return l.HasOrder() || l.mount.Stream.Ended() }

// queue appends audio that is not part of the stream's own chunks to pending, with
// the metadata blocks that fall into it.
func (l *listener) queue(audio []byte) {
	for l.metaint > 0 && len(audio) >= int(l.untilBlock) {
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
	l.untilBlock -= int32(len(audio))
}
