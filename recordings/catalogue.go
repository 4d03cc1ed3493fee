package recordings

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"relay/conf"
)

// File is one file of a recording: its audio or its cue sheet.
type File struct {
	Name    string // without the folder
	Size    int64  // current size in bytes
	Begun   time.Time
	Changed time.Time
	Running bool // it is being written
}

// Files lists the recordings of a mount in its folder, the newest first, audio before
// cue sheet. A mount that is not recorded has none. The error is the system's.
func (r *Recorder) Files(mount string) ([]File, error) {
	m := r.Conf.Config().Mount(mount)
	if m.RecordDir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(m.RecordDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	stem, running := conf.FileStem(mount), r.running(mount)
	var files []File
	for _, entry := range entries {
		name, ours := isNameOf(stem, entry.Name())
		if !ours || !entry.Type().IsRegular() {
			continue
		}
		info, err := entry.Info()
		if err != nil {
			continue // removed meanwhile
		}
		files = append(files, File{
			Name: entry.Name(), Size: info.Size(), Begun: begun(stem, name), Changed: info.ModTime(), Running: name == running,
		})
	}
	slices.SortFunc(files, func(a, b File) int {
		return cmp.Or(b.Begun.Compare(a.Begun), strings.Compare(bare(b.Name), bare(a.Name)), isSheet(a.Name)-isSheet(b.Name))
	})
	return files, nil
}

// bare returns the name of a file without its extension.
func bare(name string) string { return strings.TrimSuffix(name, filepath.Ext(name)) }

// isSheet returns 1 for a cue sheet and 0 for audio.
func isSheet(name string) int {
	if strings.HasSuffix(name, sheetExt) {
		return 1
	}
	return 0
}

// Open opens a file of a mount's recording. The caller closes it. The error wraps
// fs.ErrNotExist if name is not such a file, even if it exists.
func (r *Recorder) Open(mount, name string) (*os.File, error) {
	dir := r.Conf.Config().Mount(mount).RecordDir
	if _, ours := isNameOf(conf.FileStem(mount), name); !ours || dir == "" {
		return nil, fmt.Errorf("%q is not a recording of %s: %w", name, mount, fs.ErrNotExist)
	}
	f, err := os.OpenInRoot(dir, name)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		f.Close()
		return nil, fmt.Errorf("%q is not a file: %w", name, fs.ErrNotExist)
	}
	return f, nil
}

// running returns the name of the mount's recording that is being written, without
// extension; empty: there is none.
func (r *Recorder) running(mount string) string {
	r.mu.Lock()
	s := r.stores[mount]
	r.mu.Unlock()
	if s == nil {
		return ""
	}
	return s.running()
}
