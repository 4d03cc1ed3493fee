package rewind

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"go.uber.org/zap"

	"relay/internal/disk"
)

// ErrNotKept means that audio is not in the rewind, or no longer. It wraps fs.ErrNotExist.
var ErrNotKept = fmt.Errorf("the rewind does not have it: %w", fs.ErrNotExist)

// maxLoaded is how many bytes of indexes are held in memory: that is four hours. In memory
// they are smaller.
const maxLoaded = 1 << 20

// loaded holds the segments of the reels that were asked for last. It is guarded by
// Store.mu.
type loaded struct {
	list  []loadedReel // the one asked for last is the last
	bytes int64        // of their indexes
}

type loadedReel struct {
	reel     *reel
	segments []stored
}

// add takes in a reel, and forgets others for it.
func (l *loaded) add(r *reel, segments []stored) {
	l.remove(r)
	l.list = append(l.list, loadedReel{r, segments})
	l.bytes += r.index
	for l.bytes > maxLoaded && len(l.list) > 1 {
		l.remove(l.list[0].reel)
	}
}

// find returns the segments of a reel.
func (l *loaded) find(r *reel) ([]stored, bool) {
	i := slices.IndexFunc(l.list, func(one loadedReel) bool { return one.reel == r })
	if i < 0 {
		return nil, false
	}
	one := l.list[i]
	l.list = append(slices.Delete(l.list, i, i+1), one)
	return one.segments, true
}

func (l *loaded) remove(r *reel) {
	l.list = slices.DeleteFunc(l.list, func(one loadedReel) bool {
		if one.reel == r {
			l.bytes -= r.index
		}
		return one.reel == r
	})
}

func (l *loaded) clear() { *l = loaded{} }

// segmentsOf returns the segments of a reel, at the time of the call. complete reports
// whether no more will follow in it. The error is disk.ErrNoAnswer, or ErrNotKept if the
// reel was removed meanwhile.
func (s *Store) segmentsOf(r *reel) (list []stored, complete bool, err error) {
	s.mu.Lock()
	switch {
	case r.open:
		defer s.mu.Unlock()
		return r.kept, false, nil
	case r.broken || r.segments == 0:
		defer s.mu.Unlock()
		return nil, true, nil
	}
	list, found := s.loaded.find(r)
	whole, size := r.segments, r.index
	s.mu.Unlock()
	if found {
		return list, true, nil
	}
	list, err = disk.Look("read the rewind in", r.indexPath(), disk.Patience, func() ([]stored, error) {
		f, err := s.sys.open(r.indexPath())
		if err != nil {
			return nil, err
		}
		defer f.Close()
		x, err := readIndex(f, size)
		return slices.Clone(x.segments[:min(len(x.segments), whole)]), err // without the room for more
	})
	switch {
	case errors.Is(err, disk.ErrNoAnswer):
		return nil, true, err
	case errors.Is(err, fs.ErrNotExist):
		return nil, true, ErrNotKept
	case err != nil:
		if s.giveUpOn(r) {
			s.log.Warn("a part of the rewind cannot be read", zap.String("file", r.indexPath()), zap.Error(err))
		}
		return nil, true, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.Contains(s.reels, r) {
		s.loaded.add(r, list)
	}
	return list, true, nil
}

// giveUpOn notes that a reel cannot be read, and reports whether that is news.
func (s *Store) giveUpOn(r *reel) (first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first, r.broken = !r.broken, true
	return first
}
