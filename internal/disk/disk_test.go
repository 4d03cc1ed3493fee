package disk

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := make(chan struct{})
		var looks atomic.Int32
		at := func() (int, time.Duration, error) {
			began := time.Now()
			n, err := Look("read", "/x", Patience, func() (int, error) {
				looks.Add(1)
				<-answers
				return 7, nil
			})
			return n, time.Since(began), err
		}
		_, took, err := at()
		var about *fs.PathError
		if !errors.Is(err, ErrNoAnswer) || !errors.As(err, &about) || about.Path != "/x" || took != Patience {
			t.Errorf("%v after %v", err, took)
		}
		for range 100 { // no further call waits, or costs anything
			if _, took, err := at(); !errors.Is(err, ErrNoAnswer) || took != 0 {
				t.Errorf("%v after %v", err, took)
			}
		}
		if _, took, err := func() (int, time.Duration, error) {
			began := time.Now()
			n, err := Look("read", "/z", Patience, func() (int, error) { <-answers; return 0, nil })
			return n, time.Since(began), err
		}(); !errors.Is(err, ErrNoAnswer) || took != impatience {
			t.Errorf("another file of that disk: %v after %v", err, took)
		}
		if n, err := Look("read", "/y", Patience, func() (int, error) { return 8, nil }); n != 8 || err != nil {
			t.Errorf("another file: %d, %v", n, err)
		}
		close(answers)
		synctest.Wait()
		if n, took, err := at(); n != 7 || err != nil || took != 0 || looks.Load() != 2 {
			t.Errorf("when it answers: %d, %v after %v, %d looks", n, err, took, looks.Load())
		}
	})
}

// Simultaneous calls for the same file get the same answer.
func TestLookIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var looks atomic.Int32
		got := make(chan int, 100)
		for range cap(got) {
			go func() {
				n, _ := Look("read", "/x", Patience, func() (int, error) {
					time.Sleep(Patience / 2)
					return int(looks.Add(1)), nil
				})
				got <- n
			}()
		}
		for range cap(got) {
			if n := <-got; n != 1 {
				t.Fatalf("got %d", n)
			}
		}
	})
}

func TestTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun, done := false, make(chan struct{})
		err := Try("save", "/x", Patience, func(ctx context.Context) error {
			defer close(done)
			time.Sleep(2 * Patience)
			begun = ctx.Err() == nil
			return nil
		})
		if !errors.Is(err, ErrNoAnswer) {
			t.Error(err)
		}
		<-done
		if begun {
			t.Error("what nobody waits for is begun")
		}
		cause := errors.New("full")
		if err := Try("save", "/x", Patience, func(context.Context) error { return cause }); err != cause {
			t.Error(err)
		}
	})
}

func TestFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if _, err := ReadFile(path); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := os.WriteFile(path, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := ReadFile(path); string(text) != "text" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if info, err := Stat(path + "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Error(info, err)
	}
	if info, err := Stat(path); err != nil || info.Size() != 4 {
		t.Error(err)
	}
}
