package recordings

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"relay/conf"
	"relay/internal/disk"
)

// Reasons for not removing a recording.
var (
	ErrRunning = errors.New("it is being written")
	ErrInUse   = errors.New("another server records to its folder, or the disk is busy")
)

// Remove deletes the recording to which a mount's file belongs: its audio and its cue
// sheet. The error wraps fs.ErrNotExist if name is not such a file, ErrRunning or
// ErrInUse, or is the system's.
func (r *Recorder) Remove(mount, name string) error {
	m := r.Conf.Config().Mount(mount)
	bare, ours := isNameOf(conf.FileStem(mount), name)
	if !ours || m.RecordDir == "" {
		return fmt.Errorf("%q is not a recording of %s: %w", name, mount, fs.ErrNotExist)
	}
	s, leave := r.enter(&m)
	return disk.Try("remove recordings in", s.dir, answerWithin, func(ctx context.Context) error {
		defer leave()
		return s.remove(ctx, bare)
	})
}

// remove deletes both files of a recording, unless ctx has ended.
func (s *store) remove(ctx context.Context, name string) error {
	if !s.disk.TryLock() {
		return ErrInUse // a recording is being created, or the store tidied, perhaps for ever
	}
	defer s.disk.Unlock()
	if name == s.running() {
		return ErrRunning
	}
	if err := s.take(); err != nil || s.busy.Load() {
		return errors.Join(ErrInUse, err)
	}
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	removed := false
	for _, ext := range extensions {
		info, err := root.Lstat(name + ext)
		if err == nil && !info.Mode().IsRegular() {
			continue
		}
		if err == nil && ctx.Err() == nil {
			err = root.Remove(name + ext)
		}
		switch {
		case err == nil:
			removed = true
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	if !removed {
		return fmt.Errorf("%q: %w", name, fs.ErrNotExist)
	}
	return nil
}
