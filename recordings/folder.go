package recordings

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"relay/clock"
	"relay/internal/filelock"
)

// timeFile is where a folder says until when it was in use.
const timeFile = ".relay.time"

// folder is a record_dir. The mounts of one server may share it; to other servers
// it is closed, since none knows what the others are writing.
type folder struct {
	dir     string
	witness *clock.Witness              // decides what is too old
	busy    atomic.Bool                 // another server has it
	locked  atomic.Pointer[os.FileInfo] // of the folder that this one has locked; nil: none
	same    atomic.Pointer[folder]      // that this one is, under another path; nil: none
	others  func() []*folder            // of the same recorder

	mu       sync.Mutex // held by who waits for the disk, so perhaps for ever
	lock     *filelock.Lock
	released bool

	users int // who write there, besides the shelves that are kept tidy; guarded by Recorder.mu
}

// errReleased says that a folder is no longer one of those that are configured.
var errReleased = errors.New("nothing is recorded in this folder any more")

func newFolder(dir string, day *clock.Clock) *folder {
	return &folder{dir: dir, witness: day.Witness(filepath.Join(dir, timeFile)), others: func() []*folder { return nil }}
}

// take makes sure that the folder is there and no other server's. Then it is
// this one's until it is released.
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
	f.now() // before anything that is newer than what is remembered
	return nil
}

// known returns the folder that the recorder has locked under another path, if it is
// this one, which a process has.
func (f *folder) known(pid int) *folder {
	info, err := os.Stat(f.dir)
	if err != nil || pid != 0 && pid != os.Getpid() {
		return nil
	}
	for range 100 { // the other one may be about to note what it has locked
		for _, other := range f.others() {
			if locked := other.locked.Load(); locked != nil && os.SameFile(*locked, info) {
				return other
			}
		}
		runtime.Gosched()
	}
	return nil
}

// remember takes the folder, if it can be had, and remembers what time it is there.
// Nobody waits for a disk that another waits for.
func (f *folder) remember() {
	if !f.mu.TryLock() {
		return
	}
	defer f.mu.Unlock()
	if f.hold() == nil {
		f.now()
	}
}

// release lets another server have the folder, for good.
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

// now is the time by which recordings are too old.
func (f *folder) now() time.Time { return f.time().Now(f.newest) }

// time decides what is too old.
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
		if !strings.HasSuffix(entry.Name(), audioExt) && !strings.HasSuffix(entry.Name(), sheetExt) {
			continue
		}
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() && info.ModTime().After(newest) && !info.ModTime().After(now) {
			newest = info.ModTime()
		}
	}
	return newest
}

// makeFolder makes a folder if it is not there, but not the one it is in: where
// a disk is not mounted, nothing should be written in its place.
func makeFolder(dir string) error {
	if err := os.Mkdir(dir, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// try reports what would keep files from being made in the folder.
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
	_, err = probe.Write(make([]byte, probeBytes)) // a full disk lets an empty file be made
	return errors.Join(err, probe.Close(), os.Remove(probe.Name()))
}

// probeBytes is how much must find room in a folder that is tried.
const probeBytes = 64 << 10
