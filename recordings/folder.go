package recordings

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"relay/internal/clock"
	"relay/internal/filelock"
)

// timeFile is the file in which a folder keeps the time of its last use.
const timeFile = ".relay.time"

// folder is a record_dir. The mounts of one server may share it. It is locked against
// other servers, since a server does not know what another one is writing.
type folder struct {
	dir     string
	witness *clock.Witness              // decides which recordings are too old
	busy    atomic.Bool                 // another server has it
	locked  atomic.Pointer[os.FileInfo] // the locked folder; nil: not locked
	same    atomic.Pointer[folder]      // the same folder under another path, which holds the lock; nil: none
	others  func() []*folder            // of the same recorder

	mu       sync.Mutex // held while waiting for the disk, so perhaps for ever
	lock     *filelock.Lock
	released bool

	users int // writers, not counting stores that are only tidied; guarded by Recorder.mu
}

// errReleased means that the folder is no longer configured.
var errReleased = errors.New("nothing is recorded in this folder any more")

func newFolder(dir string, day *clock.Clock) *folder {
	return &folder{dir: dir, witness: day.Witness(filepath.Join(dir, timeFile)), others: func() []*folder { return nil }}
}

// take makes sure that the folder exists and locks it until release. The error is a
// *filelock.InUse if another server has it.
func (f *folder) take() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.hold()
}

// hold is take. f.mu is held.
func (f *folder) hold() error {
	if f.lock != nil && f.lock.Held() {
		return nil
	}
	f.drop()
	if f.released {
		return errReleased
	}
	lock, err := filelock.TakeFolder(f.dir)
	var inUse *filelock.InUse
	if errors.As(err, &inUse) {
		same := f.known(inUse.PID)
		f.same.Store(same)
		f.busy.Store(same == nil)
		if same == nil {
			return err
		}
		return nil
	}
	f.same.Store(nil)
	f.busy.Store(false)
	if err != nil {
		return err
	}
	f.lock = lock
	if info, err := os.Stat(f.dir); err == nil {
		f.locked.Store(&info)
	}
	f.now() // before newer files are written
	return nil
}

// known returns the folder that holds the lock under another path, if it is the same
// folder; pid is the process that has the lock.
func (f *folder) known(pid int) *folder {
	info, err := os.Stat(f.dir)
	if err != nil || pid != 0 && pid != os.Getpid() {
		return nil
	}
	for range 100 { // the other one may be about to set locked
		for _, other := range f.others() {
			if locked := other.locked.Load(); locked != nil && os.SameFile(*locked, info) {
				return other
			}
		}
		runtime.Gosched()
	}
	return nil
}

// remember locks the folder, if possible, and stores the current time in it. It does
// nothing while another goroutine waits for the disk.
func (f *folder) remember() {
	if !f.mu.TryLock() {
		return
	}
	defer f.mu.Unlock()
	if f.hold() == nil {
		f.now()
	}
}

// release gives up the lock for good, so that another server can use the folder.
func (f *folder) release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.released = true
	f.drop()
	f.witness.Close()
}

func (f *folder) drop() {
	if f.lock != nil {
		f.lock.Release()
		f.lock = nil
		f.locked.Store(nil)
	}
}

// now returns the time against which the age of recordings is measured.
func (f *folder) now() time.Time { return f.time().Now(f.newest) }

// time returns the witness that decides which recordings are too old.
func (f *folder) time() *clock.Witness {
	if same := f.same.Load(); same != nil {
		return same.witness
	}
	return f.witness
}

// newest returns when a recording in the folder was last written to before now.
func (f *folder) newest(now time.Time) (newest time.Time) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return newest
	}
	for _, entry := range entries {
		if !slices.Contains(extensions, filepath.Ext(entry.Name())) {
			continue
		}
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() && info.ModTime().After(newest) && !info.ModTime().After(now) {
			newest = info.ModTime()
		}
	}
	return newest
}

// makeFolder creates a folder if it is missing, but not its parent: if a disk is not
// mounted, nothing should be written in its place.
func makeFolder(dir string) error {
	if err := os.Mkdir(dir, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// try returns an error if no files can be created in the folder.
func (f *folder) try() error {
	if err := makeFolder(f.dir); err != nil {
		return err
	}
	if err := f.take(); err != nil {
		return err
	}
	probe, err := os.CreateTemp(f.dir, ".relay-")
	if err != nil {
		return err
	}
	_, err = probe.Write(make([]byte, probeBytes)) // an empty file can be created even on a full disk
	return errors.Join(err, probe.Close(), os.Remove(probe.Name()))
}

// probeBytes is how much space a folder must have to be usable.
const probeBytes = 64 << 10
