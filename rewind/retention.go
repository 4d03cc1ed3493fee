package rewind

import (
	"errors"
	"io/fs"
	"slices"
	"time"

	"go.uber.org/zap"
)

// now returns the time against which the age of reels is measured.
func (s *Store) now() time.Time { return s.witness.Now(s.newest) }

// tidy removes the reels that are too old, and those that are over the space.
func (s *Store) tidy() {
	err := errors.Join(s.dropOld(), s.makeRoom(0))
	if err != nil {
		s.log.Warn("cannot remove the oldest part of the rewind", zap.Error(err))
	}
}

// dropOld removes the reels that are too old, the oldest first.
func (s *Store) dropOld() error {
	keep := time.Duration(s.keep.Load())
	s.witness.Idle(keep == 0)
	now := s.now()
	for keep > 0 {
		r := s.oldest()
		if r == nil || now.Sub(s.witness.Dated(r.ended)) <= keep {
			return nil
		}
		if err := s.drop(r); err != nil {
			return err
		}
	}
	return nil
}

// makeRoom removes the oldest reels until so many bytes more are within the space.
func (s *Store) makeRoom(more int64) error {
	space := s.space.Load()
	for space > 0 && s.Kept().Bytes+more > space {
		r := s.oldest()
		if r == nil {
			return errNoRoom
		}
		if err := s.drop(r); err != nil {
			return err
		}
	}
	return nil
}

// oldest returns the reel that was written first; nil: there is none.
func (s *Store) oldest() *reel {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.reels) == 0 {
		return nil
	}
	return s.reels[0]
}

// drop removes a reel. Its index goes first: audio without one is no reel of anybody's.
func (s *Store) drop(r *reel) error {
	if s.writing != nil && s.writing.reel == r {
		if err := s.end(); err != nil {
			return err
		}
	}
	for _, path := range []string{r.indexPath(), r.audioPath()} {
		if err := s.sys.remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	s.mu.Lock()
	s.reels = slices.DeleteFunc(slices.Clone(s.reels), func(other *reel) bool { return other == r })
	s.loaded.remove(r)
	s.tell()
	s.mu.Unlock()
	s.shelf.open.drop(r.audioPath())
	return nil
}
