package rewind

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"relay/internal/disk"
	"relay/internal/filelock"
)

// faultyDisk has room for so many bytes, and may hang.
type faultyDisk struct {
	room  atomic.Int64
	hangs atomic.Pointer[chan struct{}] // closed when it answers again; nil: it answers
}

func (d *faultyDisk) wait() {
	if until := d.hangs.Load(); until != nil {
		<-*until
	}
}

// hang makes the disk hang until the function is called.
func (d *faultyDisk) hang() (answer func()) {
	until := make(chan struct{})
	d.hangs.Store(&until)
	return func() {
		d.hangs.Store(nil)
		close(until)
	}
}

func (d *faultyDisk) use(s *Store) {
	d.room.Store(1 << 40)
	s.sys = system{
		create: func(path string) (output, error) {
			d.wait()
			f, err := files.create(path)
			return faultyOutput{f, d}, err
		},
		open: func(path string) (input, error) {
			d.wait()
			f, err := files.open(path)
			return faultyInput{f, d}, err
		},
		list:   func(dir string) ([]fs.DirEntry, error) { d.wait(); return files.list(dir) },
		remove: func(path string) error { d.wait(); return files.remove(path) },
	}
}

type faultyOutput struct {
	output
	*faultyDisk
}

// Write is cut short where the room ends.
func (f faultyOutput) Write(b []byte) (int, error) {
	f.wait()
	n := int(min(int64(len(b)), f.room.Load()))
	f.output.Write(b[:n])
	f.room.Add(int64(-n))
	if n < len(b) {
		return n, syscall.ENOSPC
	}
	return n, nil
}

type faultyInput struct {
	input
	*faultyDisk
}

func (f faultyInput) ReadAt(b []byte, off int64) (int, error) {
	f.wait()
	return f.input.ReadAt(b, off)
}

func expect(t *testing.T, s *studio, want ...string) {
	t.Helper()
	if said := s.said(); !slices.Equal(said, want) {
		t.Errorf("the log says %q, want %q", said, want)
	}
}

// A disk that is full costs the segments that it does not take, wherever in a segment it
// becomes full.
func TestFullDisk(t *testing.T) {
	for _, room := range []int64{0, 50, 300, 700, 2000, 2050, 2100, 2300, 6000} {
		var d faultyDisk
		running(t, func(s *studio) { d.use(s.Store) }, func(s *studio) {
			s.play(1, 3)
			d.room.Store(room)
			s.play(4, 13)
			if s.Fault().Text == "" {
				t.Errorf("room %d: no fault", room)
			}
			d.room.Store(1 << 40)
			s.play(14, 20)
			if now := s.Fault(); now.Text != "" {
				t.Errorf("room %d: fault %+v", room, now)
			}
			expect(t, s, "error: the rewind cannot be kept; the broadcast goes on", "info: the rewind is kept again")
			got := s.numbers(t, time.Time{})
			lost := time.Duration(s.health.lost.sum.Load())
			if len(got) < 8 || !slices.Equal(got[:3], upTo(1, 3)) || got[len(got)-1] != 20 || lost != time.Duration(20-len(got))*six {
				t.Errorf("room %d: there are %v, %v are lost", room, got, lost)
			}
			if kept := s.Kept(); kept.Bytes != sizeOf(t, s.Store.dir) || kept.Length != time.Duration(len(got))*six {
				t.Errorf("room %d: %+v are kept, there are %d bytes", room, kept, sizeOf(t, s.Store.dir))
			}
			if got := s.files(t); len(got) != 4 {
				t.Errorf("room %d: there are %v", room, got)
			}
		})
	}
}

// A disk that hangs costs what does not fit into the queue. Neither Append nor a query waits
// for it, and reads give up.
func TestDiskThatHangs(t *testing.T) {
	var d faultyDisk
	running(t, func(s *studio) { d.use(s.Store) }, func(s *studio) {
		s.play(1, 3)
		answer := d.hang()
		at := time.Now()
		s.Append(numbered(4))
		synctest.Wait() // it is being written
		for n := 5; n <= 40; n++ {
			s.Append(numbered(n))
		}
		if waited := time.Since(at); waited > 0 {
			t.Errorf("Append waited for %v", waited)
		}
		if text := s.Fault().Text; text != errTooSlow.Error() {
			t.Errorf("fault %q", text)
		}
		if _, newest, ok := s.Span(); !ok || !newest.Equal(began.Add(4*six)) {
			t.Errorf("the span ends at %v", newest)
		}
		e, err := s.Find(numbered(1).Epoch, 2)
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			go func() {
				if n, err := e.ReadAt(make([]byte, 100), 0); n != 0 || !errors.Is(err, disk.ErrNoAnswer) {
					t.Errorf("read %d, %v", n, err)
				}
			}()
		}
		time.Sleep(3 * disk.Patience)
		if late := s.reads.late.Load(); late > maxReads {
			t.Errorf("%d reads hang", late)
		}
		answer()
		synctest.Wait()
		if n, err := e.ReadAt(make([]byte, 100), 0); n != 100 || err != nil {
			t.Errorf("then read %d, %v", n, err)
		}
		s.play(41, 42)
		if got := s.numbers(t, time.Time{}); !slices.Equal(got, append(upTo(1, 9), 41, 42)) {
			t.Errorf("there are %v", got)
		}
		if now := s.Fault(); now.Text != "" {
			t.Errorf("fault %+v", now)
		}
		expect(t, s, "warn: the disk is too slow: the rewind has a gap, the broadcast goes on", "info: the disk keeps up again: the rewind continues after a gap")
	})
}

// Neither the start nor the end waits for a disk that hangs.
func TestHangsAtTheStart(t *testing.T) {
	var d faultyDisk
	var answer func()
	running(t, func(s *studio) { d.use(s.Store); answer = d.hang() }, func(s *studio) {
		s.play(1, 20)
		if text := s.Fault().Text; text != errTooSlow.Error() {
			t.Errorf("fault %q", text)
		}
		if _, _, ok := s.Span(); ok {
			t.Error("there is something")
		}
		if _, err := s.From(began).Next(); err != io.EOF {
			t.Errorf("got %v", err)
		}
		answer()
		synctest.Wait()
		s.play(21, 21)
		if got := s.numbers(t, time.Time{}); !slices.Equal(got, append(upTo(1, 5), 21)) {
			t.Errorf("there are %v", got)
		}
	})
}

func TestHangsAtTheEnd(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var d faultyDisk
		s := newBubbleStudio(dir)
		d.use(s.Store)
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { s.Run(ctx); close(done) }()
		s.play(1, 3)
		answer := d.hang()
		s.play(4, 4)
		at := time.Now()
		stop()
		<-done
		if took := time.Since(at); took != goodbye {
			t.Errorf("the end took %v", took)
		}
		expect(t, s, "error: the disk does not answer: the rewind may lack its end")
		answer()
	})
}

// A folder that is removed, or whose disk is gone, is made again when it can be; with the
// disk comes back what was on it.
func TestFolderVanishes(t *testing.T) {
	running(t, func(*studio) {}, func(s *studio) {
		s.play(1, 3)
		e, err := s.Find(numbered(1).Epoch, 2)
		if err != nil {
			t.Fatal(err)
		}
		away := s.dir + ".away"
		if err := os.Rename(s.dir, away); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(s.dir, nil, 0o600); err != nil { // so that it cannot be made
			t.Fatal(err)
		}
		s.play(4, 8)
		if s.Fault().Text == "" {
			t.Error("no fault")
		}
		if _, _, ok := s.Span(); ok {
			t.Error("there is something")
		}
		if _, err := e.ReadAt(make([]byte, 10), 0); err == nil {
			t.Error("what is gone can be read")
		}
		if err := errors.Join(os.Remove(s.dir), os.Rename(away, s.dir)); err != nil {
			t.Fatal(err)
		}
		s.play(9, 12)
		if now := s.Fault(); now.Text != "" {
			t.Errorf("fault %+v", now)
		}
		got := s.numbers(t, time.Time{})
		if len(got) < 5 || !slices.Equal(got[:3], upTo(1, 3)) || got[len(got)-1] != 12 {
			t.Errorf("there are %v", got)
		}
		expect(t, s, "error: the rewind cannot be kept there yet; the broadcast goes on", "info: the rewind is kept again")

		os.RemoveAll(s.dir)
		if _, err := e.ReadAt(make([]byte, 10), 0); err != nil && !errors.Is(err, ErrNotKept) {
			t.Errorf("got %v", err)
		}
		s.play(13, 14)
		if got := s.numbers(t, time.Time{}); !slices.Equal(got, upTo(13, 14)) {
			t.Errorf("in a new folder there are %v", got)
		}
		os.Remove(s.writing.reel.audioPath())
		s.play(15, 18)
		if got := s.numbers(t, began.Add(16*six)); !slices.Equal(got, upTo(17, 18)) {
			t.Errorf("after the file was removed there are %v", got)
		}
	})
}

// The folder's parent is not made: it may be where a disk is mounted later.
func TestDiskThatComesLater(t *testing.T) {
	running(t, func(s *studio) {
		s.Store.dir = filepath.Join(s.dir, "disk", "rewind", "live")
		os.Mkdir(s.dir, 0o700)
	}, func(s *studio) {
		s.play(1, 5)
		if s.Fault().Text == "" {
			t.Error("no fault")
		}
		os.Mkdir(filepath.Join(s.dir, "disk"), 0o700)
		time.Sleep(retryAfter)
		synctest.Wait()
		if now := s.Fault(); now.Text != "" {
			t.Errorf("without a segment, too: fault %+v", now)
		}
		s.play(6, 8)
		if got := s.numbers(t, time.Time{}); !slices.Equal(got, upTo(6, 8)) {
			t.Errorf("there are %v", got)
		}
	})
}

// Another server's folder is not used.
func TestTwoServers(t *testing.T) {
	var lock *filelock.Lock
	running(t, func(s *studio) {
		os.MkdirAll(s.Store.dir, 0o700)
		var err error
		if lock, err = filelock.TakeFolder(s.Store.dir); err != nil {
			t.Fatal(err)
		}
	}, func(s *studio) {
		s.play(1, 3)
		var inUse *filelock.InUse
		if err := s.ready(); !errors.As(err, &inUse) || len(s.files(t)) > 0 {
			t.Errorf("got %v, %v", err, s.files(t))
		}
		lock.Release()
		s.play(4, 8)
		if got := s.numbers(t, time.Time{}); len(got) == 0 || got[len(got)-1] != 8 {
			t.Errorf("there are %v", got)
		}
	})
}

// A disk that does not let go of the oldest reel does not get more than the space.
func TestReelThatCannotBeRemoved(t *testing.T) {
	running(t, func(s *studio) {
		s.Limit(0, 20_000)
		s.sys.remove = func(path string) error { return &fs.PathError{Op: "remove", Path: path, Err: syscall.EROFS} }
	}, func(s *studio) {
		s.play(1, 40)
		if text := s.Fault().Text; text == "" || sizeOf(t, s.Store.dir) > 20_000 {
			t.Errorf("fault %q, %d bytes", text, sizeOf(t, s.Store.dir))
		}
	})
}
