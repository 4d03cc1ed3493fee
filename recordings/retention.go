package recordings

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.uber.org/zap"
)

// kept is a recording on the disk.
type kept struct {
	name  string
	files []string // the audio, the cue sheet or both
	size  int64    // total of the files
	ended time.Time
}

// tidy removes the mount's recordings that are too old and, the oldest first, those
// that exceed the space. The one being written stays. tidy returns the names of the
// removed ones. It does nothing while another goroutine waits for the disk.
func (s *store) tidy() (removed []string, err error) {
	if !s.disk.TryLock() {
		return nil, nil // another goroutine creates a recording or tidies
	}
	defer s.disk.Unlock()
	keep, space := time.Duration(s.keep.Load()), s.space.Load()
	if keep == 0 && space == 0 {
		return nil, nil
	}
	switch err := s.take(); {
	case s.busy.Load() || errors.Is(err, errReleased):
		return nil, nil // the other server tidies it
	case err != nil:
		return nil, err
	}
	now := s.now()
	list, err := s.list()
	if err != nil {
		return nil, err
	}
	var total int64
	for _, k := range list {
		total += k.size
	}
	for _, k := range list {
		tooOld := keep > 0 && now.Sub(k.ended) > keep
		tooMuch := space > 0 && total > space
		if k.name == s.running() || !tooOld && !tooMuch {
			continue
		}
		for _, file := range k.files {
			if problem := os.Remove(filepath.Join(s.dir, file)); problem != nil && !errors.Is(problem, fs.ErrNotExist) {
				err = problem
			}
		}
		total -= k.size
		removed = append(removed, k.name)
	}
	return removed, err
}

// tidyAndTell runs tidy and logs the result.
func (s *store) tidyAndTell(log *zap.Logger) {
	removed, err := s.tidy()
	if len(removed) > 0 {
		log.Info("old recordings removed", zap.Strings("recordings", removed))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Warn("cannot remove old recordings", zap.Error(err))
	}
}

// list returns the mount's recordings, the oldest first. Recordings from the future
// count with the age that is known of them, and are sorted among themselves by their
// times.
func (s *store) list() ([]*kept, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	byName := map[string]*kept{}
	var list []*kept
	for _, entry := range entries {
		name, ours := isNameOf(s.stem, entry.Name())
		if !ours || !entry.Type().IsRegular() {
			continue
		}
		info, err := entry.Info()
		if err != nil {
			continue // removed meanwhile
		}
		k := byName[name]
		if k == nil {
			k = &kept{name: name}
			byName[name] = k
			list = append(list, k)
		}
		k.files = append(k.files, entry.Name())
		k.size += info.Size()
		if info.ModTime().After(k.ended) {
			k.ended = info.ModTime()
		}
	}
	slices.SortStableFunc(list, func(a, b *kept) int { return a.ended.Compare(b.ended) })
	for _, k := range list {
		k.ended = s.time().Dated(k.ended)
	}
	slices.SortStableFunc(list, func(a, b *kept) int { return a.ended.Compare(b.ended) })
	return list, nil
}
