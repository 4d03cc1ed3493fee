package hls

import (
	"slices"
	"sync"
	"time"
)

// part is the audio of a segment.
type part struct {
	audio []byte
	marks []mark // titles, in order of their place
	len   time.Duration
	id    identity
}

// identity recognises a segment in another copy of its playlist, whose addresses may have
// got new keys.
type identity struct {
	sequence uint64
	name     string // the last element of its address
	offset   int64
}

// cutBytes stand before audio that does not continue what came before it: a stream of bytes
// has no other way to say so. The empty ID3 tag proves that the last frame is whole. The byte
// behind it is no frame, so the framer begins anew, and the next unit has a Gap.
var cutBytes = []byte("ID3\x04\x00\x00\x00\x00\x00\x00\x00")

// newPart returns the part of a segment from its audio and its titles.
func newPart(s segment, id identity, audio []byte, listed, within []mark) *part {
	p := &part{audio: audio, len: s.length, id: id}
	for _, m := range listed {
		if s.length > 0 {
			m.at = int(float64(len(audio)) * min(1, m.after.Seconds()/s.length.Seconds()))
		}
		p.marks = append(p.marks, m)
	}
	p.marks = append(p.marks, within...)
	slices.SortStableFunc(p.marks, func(a, b mark) int { return a.at - b.at })
	return p
}

// cut makes the part one that does not continue what came before it.
func (p *part) cut() {
	p.audio = slices.Concat(cutBytes, p.audio)
	for i := range p.marks {
		p.marks[i].at += len(cutBytes)
	}
}

const (
	// maxSegment bounds a segment, in bytes: half a minute of audio with a small picture.
	maxSegment = 8 << 20

	// maxQueued bounds what is fetched ahead, in bytes; one segment is always allowed.
	// maxParts bounds it in segments.
	maxQueued = 8 << 20
	maxParts  = 200
)

// queue holds the parts that were fetched ahead. One goroutine puts, another one takes.
type queue struct {
	mu     sync.Mutex
	parts  []*part
	bytes  int
	length time.Duration
	listed time.Duration // audio that was found in the playlist and is neither taken nor given up
	err    error         // why no part will follow; nil: some may

	filled chan struct{} // has a value after a change that the taker may wait for
	taken  chan struct{} // likewise for the putter
}

func newQueue() *queue {
	return &queue{filled: make(chan struct{}, 1), taken: make(chan struct{}, 1)}
}

// wake tells whoever waits for a channel.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// list adds audio that was found in the playlist; negative: that was given up.
func (q *queue) list(length time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.listed += length
	wake(q.filled)
}

// isFull reports whether no more should be fetched ahead than there is, see Stream.fetch.
func (q *queue) isFull(enough time.Duration) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.parts) > 0 && (q.length >= enough || q.bytes >= maxQueued || len(q.parts) >= maxParts)
}

func (q *queue) put(p *part) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.parts = append(q.parts, p)
	q.bytes += len(p.audio)
	q.length += p.len
	wake(q.filled)
}

// end means that no part follows, because of err.
func (q *queue) end(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.err = err
	wake(q.filled)
}

// take returns the next part. It is nil if there is none yet or, with an error, if none
// follows.
func (q *queue) take() (*part, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.parts) == 0 {
		return nil, q.err
	}
	p := q.parts[0]
	q.parts[0] = nil
	q.parts = q.parts[1:]
	q.bytes -= len(p.audio)
	q.length -= p.len
	wake(q.taken)
	return p, nil
}

// ready reports whether a part is there, or the error after which none follows.
func (q *queue) ready() (bool, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.parts) > 0, q.err
}

// reserve returns how much audio is known of and not taken. ended: no more will be.
func (q *queue) reserve() (length time.Duration, ended bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.listed, q.err != nil
}
