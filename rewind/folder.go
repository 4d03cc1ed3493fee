package rewind

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"relay/internal/filelock"
)

// timeFile is the file in which a folder keeps the time of its last use.
const timeFile = ".relay.time"

// ready makes sure that the folder exists, is locked against other servers, and that its
// reels are known.
func (s *Store) ready() error {
	if s.lock != nil && s.lock.Held() {
		return nil
	}
	if s.lock != nil {
		s.leave()
		s.setReels(nil) // the disk is gone, or another one is in its place
	}
	for _, dir := range []string{filepath.Dir(s.dir), s.dir} {
		if err := makeFolder(dir); err != nil {
			return err
		}
	}
	lock, err := filelock.TakeFolder(s.dir)
	if err != nil {
		return err
	}
	if err := s.load(); err != nil {
		lock.Release()
		return err
	}
	s.lock = lock
	s.now() // before newer segments are written
	return nil
}

// leave gives up the folder, and everything in it that is open.
func (s *Store) leave() {
	if s.writing != nil {
		s.giveUp()
	}
	if s.lock != nil {
		s.lock.Release()
		s.lock = nil
	}
	s.shelf.open.dropAll(s.dir)
}

// makeFolder creates a folder if it is missing, but not its parent: if a disk is not
// mounted, nothing should be written in its place.
func makeFolder(dir string) error {
	if err := os.Mkdir(dir, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// load lists the reels in the folder. Files that are none are left alone.
func (s *Store) load() error {
	entries, err := s.sys.list(s.dir)
	if err != nil {
		return err
	}
	sizes := map[string]int64{} // by file name
	var names []string          // of reels
	var foreign []string
	for _, entry := range entries {
		name, isAudio := strings.CutSuffix(entry.Name(), audioExt)
		name, isIndex := strings.CutSuffix(name, indexExt)
		_, _, ok := parseReelName(name)
		if isAudio == isIndex || !ok || !entry.Type().IsRegular() {
			if !strings.HasPrefix(entry.Name(), timeFile) {
				foreign = append(foreign, entry.Name())
			}
			continue
		}
		info, err := entry.Info()
		if err != nil {
			continue // removed meanwhile
		}
		sizes[entry.Name()] = info.Size()
		if !slices.Contains(names[max(0, len(names)-1):], name) { // entries are sorted
			names = append(names, name)
		}
	}
	if len(foreign) > 0 {
		s.log.Warn("files that are not part of the rewind are left alone", zap.Int("files", len(foreign)), zap.Strings("such as", foreign[:min(len(foreign), 5)]))
	}
	var list []*reel
	for _, name := range names {
		r, damaged, err := s.loadReel(name, sizes[name+audioExt], sizes[name+indexExt])
		about := []zap.Field{zap.String("file", filepath.Join(s.dir, name+indexExt))}
		if err != nil {
			s.log.Warn("a part of the rewind cannot be used and is left alone", append(about, zap.Error(err))...)
			continue
		}
		if damaged > 0 {
			s.log.Warn("a part of the rewind is damaged", append(about, zap.Int("lines", damaged))...)
		}
		list = append(list, r)
	}
	s.setReels(list)
	return nil
}

// setReels replaces the list of reels.
func (s *Store) setReels(list []*reel) {
	slices.SortStableFunc(list, func(a, b *reel) int { return cmp.Compare(a.count, b.count) })
	list = slices.CompactFunc(list, func(a, b *reel) bool { return a.count == b.count }) // nobody but a copier makes two
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reels = list
	s.loaded.clear()
	if n := len(list); n > 0 {
		s.counted = max(s.counted, list[n-1].count)
	}
	s.tell()
}

// newest returns when the newest segment from before now ended; zero: there is none.
func (s *Store) newest(now time.Time) (newest time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.reels {
		if r.ended.After(newest) && !r.ended.After(now) {
			newest = r.ended
		}
	}
	return newest
}
