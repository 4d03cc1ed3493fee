package library

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
)

// remembered is how many of the tracks that were played last are not played
// again when a round begins anew because something has come or gone.
const remembered = 500

// Library is a list of music in an order. Safe for concurrent use.
type Library struct {
	paths   []string
	shuffle bool
	rescan  time.Duration // 0: never
	log     *zap.Logger

	mu      sync.Mutex
	index   *index // nil: not looked yet
	seed    uint64
	at      int      // of the round
	last    string   // played last
	recent  []uint64 // sums of the last ones, oldest first
	trouble string   // the last that was logged
}

// New returns the music that is found at paths, in sequence or shuffled. It
// looks there at the first Next.
func New(paths []string, shuffle bool, rescan time.Duration, log *zap.Logger) *Library {
	return &Library{paths: paths, shuffle: shuffle, rescan: rescan, log: log}
}

// Run looks again at every interval, until ctx ends.
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
	if l.index != nil {
		l.index.close()
		l.index = nil
	}
}

// look lists what there is, and goes on with that where anything has changed.
func (l *Library) look() {
	found, problems, err := scan(l.paths)
	problems = errors.Join(problems, err)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tell(problems)
	switch {
	case err != nil:
		return
	case l.index != nil && l.index.n == found.n && l.index.sum == found.sum:
		found.close()
		return
	case l.index != nil:
		l.index.close()
		l.log.Info("the music has changed", zap.Strings("paths", l.paths), zap.Int("tracks", found.n))
	}
	l.index, l.seed, l.at = found, rand.Uint64(), 0
	if !l.shuffle {
		l.at = l.behindLast()
	}
}

// tell logs what could not be read, once for as long as it is the same.
func (l *Library) tell(problems error) {
	text := ""
	if problems != nil {
		text = strings.ReplaceAll(problems.Error(), "\n", "; ")
	}
	if text != "" && text != l.trouble {
		l.log.Warn("some of the music cannot be read", zap.String("error", text))
	}
	l.trouble = text
}

// behindLast returns where a sequence goes on: behind the track that was played
// last or, if that has gone, where it stood among those in its folder.
func (l *Library) behindLast() int {
	if l.last == "" {
		return 0
	}
	next := 0
	for i := range l.index.n {
		switch path := l.index.path(i); {
		case path == l.last:
			return i + 1
		case path < l.last && filepath.Dir(path) == filepath.Dir(l.last):
			next = i + 1
		}
	}
	return next
}

// Next returns the path of what comes next; false says that there is nothing.
// In a shuffle every track comes once before any comes again.
func (l *Library) Next() (path string, ok bool) {
	l.mu.Lock()
	looked := l.index != nil
	l.mu.Unlock()
	if !looked {
		l.look()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.index == nil || l.index.n == 0 {
		return "", false
	}
	for range 2 * l.index.n {
		if l.at >= l.index.n {
			l.beginRound()
		}
		i := l.at
		if l.shuffle {
			i = shuffled(i, l.index.n, l.seed)
		}
		l.at++
		path = l.index.path(i)
		if !l.shuffle || l.index.n == 1 || !slices.Contains(l.recent, sum(path)) {
			break
		}
	}
	l.last = path
	l.recent = append(l.recent, sum(path))
	if most := min(remembered, l.index.n-1); len(l.recent) > most {
		l.recent = append(l.recent[:0], l.recent[len(l.recent)-most:]...)
	}
	return path, true
}

// beginRound goes through the tracks again, in another order if they are
// shuffled; the last of the round before is not the first of this one.
func (l *Library) beginRound() {
	l.at, l.recent = 0, l.recent[:0]
	for l.shuffle {
		l.seed = rand.Uint64()
		if l.index.n == 1 || l.index.path(shuffled(0, l.index.n, l.seed)) != l.last {
			return
		}
	}
}

func sum(path string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(path))
	return h.Sum64()
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

// Find returns the path of a file of the library by its path or by its name
// below one of the folders. Whatever is elsewhere, by ".." or by a link, is not
// found.
func (l *Library) Find(name string) (string, error) {
	for _, root := range l.paths {
		if IsPlaylist(root) {
			continue
		}
		root, err := filepath.EvalSymlinks(root)
		if err != nil {
			continue
		}
		for _, path := range []string{name, filepath.Join(root, name)} {
			real, err := filepath.EvalSymlinks(path)
			if err == nil && (real == root || strings.HasPrefix(real, root+string(filepath.Separator))) {
				return real, nil
			}
		}
	}
	return "", fmt.Errorf("there is no %s among the music of this mount", name)
}
