package library

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/internal/logging"
)

// Library is a list of music in an order. Safe for concurrent use.
type Library struct {
	paths   []string
	shuffle bool
	rescan  time.Duration // 0: never
	log     *zap.Logger

	mu      sync.Mutex
	index   *index // nil: not looked yet
	heard   heard  // by the numbers of the index, if it is shuffled
	seed    uint64 // of the order, if it is shuffled
	at      int    // place in the round
	last    string // played last
	trouble string // the last that was logged
	closed  bool
	held    logging.Held // lines that come up under mu
}

// New returns the music that is found at paths, in sequence or shuffled. It
// looks there at the first Next and then, in Run, at every interval; 0: never.
func New(paths []string, shuffle bool, rescan time.Duration, log *zap.Logger) *Library {
	return &Library{paths: paths, shuffle: shuffle, rescan: rescan, log: log}
}

// Run looks again at every interval, until ctx ends. The library is empty then.
func (l *Library) Run(ctx context.Context) {
	defer l.close()
	if l.rescan == 0 {
		<-ctx.Done()
		return
	}
	tick := time.NewTicker(l.rescan)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.look()
		case <-ctx.Done():
			return
		}
	}
}

func (l *Library) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.drop()
}

// drop forgets the list, so that it is made anew. l.mu is held.
func (l *Library) drop() {
	if l.index != nil {
		l.index.close()
		l.index = nil
	}
}

// look lists what there is, and goes on with that where anything has changed:
// a round of a shuffle with all that was not heard in it, a sequence behind
// the track that was played last.
func (l *Library) look() {
	found, problems := scan(l.paths)
	defer l.held.Write()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tell(problems)
	if l.closed || l.index != nil && l.index.n == found.n && l.index.sum == found.sum {
		found.close()
		return
	}
	before, heardBefore := l.index, l.heard
	l.index, l.seed, l.heard = found, rand.Uint64(), nil
	if before != nil {
		l.held.Add(l.log.Check(zap.InfoLevel, "the music has changed"), zap.Strings("paths", l.paths), zap.Int("tracks", found.n))
		defer before.close()
	}
	switch {
	case !l.shuffle:
		l.at = l.behindLast()
	case before == nil:
		l.at, l.heard = 0, newHeard(found.n)
	default:
		l.at, l.heard = 0, heardBefore.movedTo(found, before)
	}
}

// tell logs what could not be read, once for as long as it is the same. l.mu is
// held.
func (l *Library) tell(problems string) {
	if problems != "" && problems != l.trouble {
		l.held.Add(l.log.Check(zap.WarnLevel, "some of the music cannot be played"), zap.String("error", problems))
	}
	l.trouble = problems
}

// behindLast returns where a sequence goes on: behind the track that was played
// last or, if that has gone, where it stood among those in its folder.
func (l *Library) behindLast() int {
	if l.last == "" {
		return 0
	}
	here, place := -1, 0
	for i, path := range l.index.all() {
		switch path := string(path); {
		case path != l.last:
			if path < l.last && filepath.Dir(path) == filepath.Dir(l.last) {
				place = i + 1
			}
		case here < 0 || apart(i+1, l.at) < apart(here, l.at): // it may be listed several times
			here = i + 1
		}
	}
	if here >= 0 {
		return here
	}
	return place
}

func apart(a, b int) int { return max(a-b, b-a) }

// Next returns the path of what comes next; false says that there is nothing.
// In a shuffle every track comes once before any comes again.
func (l *Library) Next() (path string, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.index == nil && !l.closed {
		l.mu.Unlock()
		l.look()
		l.mu.Lock()
	}
	if l.index == nil || l.index.n == 0 {
		return "", false
	}
	at, more := l.place(l.at)
	if !more {
		l.beginRound()
		at, _ = l.place(0)
	}
	i := l.number(at)
	if path = l.index.path(i); path == "" { // the disk with the list fails
		l.drop()
		return "", false
	}
	if l.shuffle {
		l.heard.add(i)
	}
	l.at, l.last = at+1, path
	return path, true
}

// Peek returns the paths of what comes next, up to n and, of a shuffle, up to
// the end of the round: the order of the next one is not made yet.
func (l *Library) Peek(n int) (paths []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.index == nil {
		return nil
	}
	for at, more := l.place(l.at); more && len(paths) < n; at, more = l.place(at + 1) {
		paths = append(paths, l.index.path(l.number(at)))
	}
	return paths
}

// place returns the first place of the round from at on with a track that was
// not heard; false says that there is none.
func (l *Library) place(at int) (place int, more bool) {
	for l.shuffle && at < l.index.n && l.heard.has(l.number(at)) {
		at++
	}
	return at, at < l.index.n
}

// number returns which track of the index stands at a place of the round.
func (l *Library) number(at int) int {
	if l.shuffle {
		return shuffled(at, l.index.n, l.seed)
	}
	return at
}

// beginRound goes through the tracks again, in another order if they are
// shuffled; the last of the round before is not the first of this one, unless
// a list has hardly anything else.
func (l *Library) beginRound() {
	l.at = 0
	if !l.shuffle {
		return
	}
	l.heard = newHeard(l.index.n)
	for range 64 {
		l.seed = rand.Uint64()
		if l.index.path(l.number(0)) != l.last {
			return
		}
	}
}

// Len returns how many tracks there are.
func (l *Library) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.index == nil {
		return 0
	}
	return l.index.n
}
