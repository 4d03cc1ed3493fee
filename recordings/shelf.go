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

// shelf is where the recordings of one mount are kept. Its folder may hold
// those of others, and anything else.
type shelf struct {
	*folder
	mount  string
	stem   string
	create func(path string) (file, error)

	keep    atomic.Int64           // ns; 0: for ever
	space   atomic.Int64           // bytes; 0: all there is
	writing atomic.Pointer[string] // the name of the recording that is being written; nil: none is

	disk sync.Mutex // held by who makes or removes recordings, so perhaps for ever
}

func newShelf(m *conf.Mount, in *folder) *shelf {
	s := &shelf{folder: in, mount: m.Name, stem: stem(m.Name), create: create}
	s.retain(m)
	return s
}

// retain sets how much is kept, and for how long.
func (s *shelf) retain(m *conf.Mount) {
	s.keep.Store(int64(m.RecordKeep))
	s.space.Store(int64(m.RecordSpace))
}

// mostInASecond is how many recordings of a mount may begin in one second.
const mostInASecond = 1000

// begin makes a new recording that begins with a take, which is not yet in it;
// there is one at a time. No file that is there is touched.
func (s *shelf) begin(t take) (*recording, error) {
	s.disk.Lock()
	defer s.disk.Unlock()
	if err := makeFolder(s.dir); err != nil {
		return nil, err
	}
	if err := s.take(); err != nil {
		return nil, err
	}
	var err error
	for number := 1; number <= mostInASecond; number++ {
		name := fileName(s.stem, t.at, number)
		r := &recording{began: t.at, format: t.format, sheet: sheet{station: cmp.Or(t.station, s.mount)}}
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

// createBoth creates the two files of a recording, or none.
func (s *shelf) createBoth(r *recording, name string) (err error) {
	r.audio.path = filepath.Join(s.dir, name+audioExt)
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
func (s *shelf) end(r *recording) error {
	defer s.writing.CompareAndSwap(r.name, nil) // unless the next one has begun
	return r.close()
}

// running returns the name of the recording that is being written; empty: none
// is.
func (s *shelf) running() string {
	if name := s.writing.Load(); name != nil {
		return *name
	}
	return ""
}
