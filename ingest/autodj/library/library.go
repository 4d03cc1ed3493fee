package library

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/internal/logging"
)

// Library is a list of music with an order. It is safe for concurrent use.
type Library struct {
	paths   []string
	shuffle bool
	rescan  time.Duration // interval; 0: never
	plays   Plays
	log     *zap.Logger
	round   round
	changed chan struct{} // gets a value when the music has changed

	mu      sync.Mutex
	index   *index          // nil: not scanned yet
	heard   heard           // by the numbers of the index, if shuffled
	seed    uint64          // of the order, if shuffled
	at      int             // place in the round
	last    string          // path that was played last
	trouble string          // the last one that was logged
	empty   bool            // the last scan found nothing
	others  map[string]bool // endings that were logged as left out
	leftOut string          // by the last scan, in words
	closed  bool
	held    logging.Held // log lines made while mu is held
}

// New returns the music found at paths that can be played, in sequence or shuffled. It
// scans them at the first Next and then, in Run, at the interval rescan; 0: never.
func New(paths []string, shuffle bool, rescan time.Duration, plays Plays, log *zap.Logger) *Library {
	return &Library{paths: paths, shuffle: shuffle, rescan: rescan, plays: plays, log: log, round: round{log: log}, changed: make(chan struct{}, 1)}
}

// Remember saves the tracks of the round in file, which must belong to no other
// library, and resumes the round saved there. It must be called before Next and Run.
func (l *Library) Remember(file string) {
	l.round.file, l.round.changes = file, make(chan roundChange, 100)
}

// Run rescans at every interval until ctx is done. The library is empty after that.
func (l *Library) Run(ctx context.Context) {
	defer l.close()
	var writing sync.WaitGroup
	writing.Go(func() { l.round.run(ctx) })
	defer writing.Wait()
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

// drop discards the list, so that the next Next scans again. l.mu is held.
func (l *Library) drop() {
	if l.index != nil {
		l.index.close()
		l.index = nil
	}
}

// look scans the paths and, if anything has changed, replaces the list. A shuffled
// round continues with all tracks that it has not played; a sequence continues after
// the track that was played last.
func (l *Library) look() {
	found, problems, others := scan(l.paths, l.plays)
	restored := l.restored()
	defer l.held.Write()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tell(problems)
	l.tellOthers(found.n, others)
	if l.closed || l.index != nil && l.index.n == found.n && l.index.sum == found.sum {
		found.close()
		return
	}
	before, heard := l.index, l.heard
	l.index, l.seed, l.heard = found, rand.Uint64(), nil
	if before != nil {
		select {
		case l.changed <- struct{}{}:
		default:
		}
		l.held.Add(l.log.Check(zap.InfoLevel, "the music has changed"), zap.Strings("paths", l.paths), zap.Int("tracks", found.n))
		defer before.close()
	}
	if l.last == "" {
		l.resume(restored)
	}
	switch {
	case !l.shuffle:
		l.at = l.behindLast()
	case before == nil:
		slices.Sort(restored)
		l.at, l.heard = 0, heardOf(found, restored)
	default:
		l.at, l.heard = 0, heard.movedTo(found, before)
	}
}

// restored returns the hashes of the tracks that the saved round has played, in
// order; none once there is a list.
func (l *Library) restored() []uint64 {
	l.mu.Lock()
	listed := l.index != nil
	l.mu.Unlock()
	if listed {
		return nil
	}
	return l.round.heard()
}

// maxTried bounds how many of the last tracks of a saved round are looked for.
const maxTried = 1000

// resume finds the last track of a restored round in the list. l.mu is held.
func (l *Library) resume(restored []uint64) {
	place := map[uint64]int{} // in the round, by hash
	for at := max(0, len(restored)-maxTried); at < len(restored); at++ {
		place[restored[at]] = at + 1
	}
	for _, path := range l.index.all() {
		if at := place[sum(path)]; at > 0 && (l.last == "" || at > l.at) {
			l.at, l.last = at, string(path)
		}
	}
}

// tell logs what could not be read, once while it stays the same. l.mu is held.
func (l *Library) tell(problems string) {
	if problems != "" && problems != l.trouble {
		l.held.Add(l.log.Check(zap.WarnLevel, "some of the music cannot be played"), zap.String("error", problems))
	}
	l.trouble = problems
}

// LeftOut returns the music that the last scan left out because it cannot be played, such
// as "12 .ogg, such as /music/a.ogg"; empty: none.
func (l *Library) LeftOut() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.leftOut
}

// tellOthers logs that there is no music, or that music is left out:
// once, and again when there is another format. l.mu is held.
func (l *Library) tellOthers(tracks int, others leftOut) {
	isNew := false
	for ending := range others {
		isNew = isNew || !l.others[ending]
	}
	switch {
	case tracks == 0 && (!l.empty || isNew):
		l.held.Add(l.log.Check(zap.WarnLevel, "there is no file to play; put some there"), zap.Strings("paths", l.paths), zap.Stringer("left out", others))
	case isNew:
		l.held.Add(l.log.Check(zap.WarnLevel, "music that is not in the format of the mount is left out; install ffmpeg to have it played"), zap.Strings("paths", l.paths), zap.Stringer("files", others))
	}
	l.empty, l.leftOut = tracks == 0, others.String()
	for ending := range others {
		if l.others == nil {
			l.others = map[string]bool{}
		}
		l.others[ending] = true
	}
}

// behindLast returns where a sequence continues: after the track that was played last
// or, if that is gone, at its place among the files of its folder.
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
		case here < 0 || apart(i+1, l.at) < apart(here, l.at): // of several entries for the file, take the nearest
			here = i + 1
		}
	}
	if here >= 0 {
		return here
	}
	return place
}

func apart(a, b int) int { return max(a-b, b-a) }

// Next returns the path of the next track; false means that there is none. A shuffle
// plays every track once before it plays any again.
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
	l.round.tell(roundChange{begins: !more, sum: sum([]byte(path))})
	l.at, l.last = at+1, path
	return path, true
}

// Peek returns the paths of up to n next tracks. In a shuffle they end with the
// round, because the order of the next round is not chosen yet.
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

// place returns the first place of the round, from at on, whose track has not been
// played; false means that there is none.
func (l *Library) place(at int) (place int, more bool) {
	for l.shuffle && at < l.index.n && l.heard.has(l.number(at)) {
		at++
	}
	return at, at < l.index.n
}

// number returns the number in the index of the track at a place of the round.
func (l *Library) number(at int) int {
	if l.shuffle {
		return shuffled(at, l.index.n, l.seed)
	}
	return at
}

// beginRound begins the tracks again, in a new order if they are shuffled. The last
// track of a round is not the first of the next, unless the list has hardly any
// other.
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

// Changed returns a channel that gets a value when the music has changed.
func (l *Library) Changed() <-chan struct{} { return l.changed }

// Len returns the number of tracks.
func (l *Library) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.index == nil {
		return 0
	}
	return l.index.n
}
