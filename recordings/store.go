package recordings

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"relay/conf"
)

// store holds the recordings of one mount. Its folder may also contain recordings of
// other mounts, and any other files.
type store struct {
	*folder
	mount  string
	stem   string
	create func(path string) (file, error)

	keep    atomic.Int64           // ns; 0: for ever
	space   atomic.Int64           // bytes; 0: no limit
	writing atomic.Pointer[string] // the name of the recording that is being written; nil: none

	disk sync.Mutex // held while recordings are created or removed, so perhaps for ever
}

func newStore(m *conf.Mount, in *folder) *store {
	s := &store{folder: in, mount: m.Name, stem: conf.FileStem(m.Name), create: create}
	s.retain(m)
	return s
}

// retain sets the maximum age and size of the recordings.
func (s *store) retain(m *conf.Mount) {
	s.keep.Store(int64(m.RecordKeep))
	s.space.Store(int64(m.RecordSpace))
}

// maxInASecond is how many recordings of a mount may begin in one second.
const maxInASecond = 1000

// begin creates a new recording for a segment, without writing the segment. Only one
// recording may be open. begin never changes an existing file.
func (s *store) begin(t segment) (*recording, error) {
	s.disk.Lock()
	defer s.disk.Unlock()
	if err := makeFolder(s.dir); err != nil {
		return nil, err
	}
	if err := s.take(); err != nil {
		return nil, err
	}
	var err error
	for number := 1; number <= maxInASecond; number++ {
		name := fileName(s.stem, t.at, number)
		r := &recording{began: t.at, format: t.format, sheet: cueSheet{station: cmp.Or(t.station, s.mount)}}
		if err = s.createBoth(r, name); err == nil {
			r.name = &name
			s.writing.Store(r.name)
			return r, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return nil, err
}

// createBoth creates both files of a recording, or none. No recording in another codec may
// have the name.
func (s *store) createBoth(r *recording, name string) (err error) {
	for _, ext := range extensions {
		if _, err := os.Lstat(filepath.Join(s.dir, name+ext)); err == nil {
			return fs.ErrExist
		}
	}
	r.audio.path = filepath.Join(s.dir, name+r.format.Codec.Extension())
	r.titles.path = filepath.Join(s.dir, name+sheetExt)
	if r.audio.file, err = s.create(r.audio.path); err != nil {
		return err
	}
	if r.titles.file, err = s.create(r.titles.path); err != nil {
		r.audio.Close()
		os.Remove(r.audio.path)
	}
	return err
}

// end closes a recording.
func (s *store) end(r *recording) error {
	defer s.writing.CompareAndSwap(r.name, nil) // unless the next one has begun
	return r.close()
}

// running returns the name of the recording that is being written; empty: there is
// none.
func (s *store) running() string {
	if name := s.writing.Load(); name != nil {
		return *name
	}
	return ""
}
