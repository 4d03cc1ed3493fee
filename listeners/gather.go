package listeners

import (
	"slices"
	"syscall"

	"relay/icy"
	"relay/mounts"
)

// maxSegments bounds what one write hands to the kernel: a flush is one or two
// segments, a whole burst with metadata about ten.
const maxSegments = 32

// A segment is a run of bytes for the socket, with what changes once it has been
// sent.
type segment struct {
	kind  segmentKind
	bytes []byte
	title *mounts.TitleMark // set if the segment is a metadata block with a title
}

type segmentKind byte

const (
	pendingBytes segmentKind = iota
	audioBytes
	blockBytes
)

// gather collects the bytes that a listener is to be sent next, without copying them,
// and afterwards advances the listener by as much as the socket took. It is reused
// from listener to listener and allocates nothing. Until it is released it keeps the
// collected chunks, and every later chunk of the stream, in memory.
type gather struct {
	segments [maxSegments]segment
	vector   [maxSegments]syscall.Iovec
	count    int
	bytes    int
}

// collect fills g with everything that is new for l, as far as it fits.
func (g *gather) collect(l *listener) {
	g.count, g.bytes = 0, 0
	if len(l.pending) > 0 {
		g.add(segment{kind: pendingBytes, bytes: l.pending})
	}
	cursor, untilBlock := l.cursor, int(l.untilBlock)
	for g.count < maxSegments {
		if l.metaint > 0 && untilBlock == 0 {
			block := segment{kind: blockBytes, bytes: icy.EmptyBlock}
			if title := cursor.Block(); title != nil {
				block.bytes, block.title = title.Block, title
				cursor.Shown(title)
			}
			g.add(block)
			untilBlock = int(l.metaint)
			continue
		}
		audio := cursor.Next()
		if l.intro != nil {
			audio = audio[:max(0, min(int64(len(audio)), l.intro.playable-cursor.Offset()))]
		}
		if len(audio) == 0 {
			return
		}
		if l.metaint > 0 && len(audio) > untilBlock {
			audio = audio[:untilBlock]
		}
		g.add(segment{kind: audioBytes, bytes: audio})
		cursor.Advance(len(audio))
		untilBlock -= len(audio)
	}
}

func (g *gather) add(s segment) {
	g.segments[g.count] = s
	g.count++
	g.bytes += len(s.bytes)
}

// full reports whether g has no room left, so that there may be more for the
// listener.
func (g *gather) full() bool { return g.count == maxSegments }

// release drops the references into streams.
func (g *gather) release() { *g = gather{} }

// commit advances l by the first n bytes of what was collected.
func (g *gather) commit(l *listener, n int) {
	for i := range g.segments[:g.count] {
		if n == 0 {
			return
		}
		s := &g.segments[i]
		sent := min(n, len(s.bytes))
		n -= sent
		switch s.kind {
		case pendingBytes:
			l.pending = l.pending[sent:]
			if len(l.pending) == 0 {
				l.pending = nil // free the memory
			}
		case audioBytes:
			l.cursor.Next()
			l.cursor.Advance(sent)
			l.untilBlock -= int32(sent)
		case blockBytes:
			l.pending = slices.Clip(s.bytes[sent:]) // the block is shared
			if len(l.pending) == 0 {
				l.pending = nil
			}
			l.untilBlock = l.metaint
			if s.title != nil {
				l.cursor.Shown(s.title)
			}
		}
	}
}
