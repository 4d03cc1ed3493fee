package filelock

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The test binary also acts as the other process, which holds a lock until it ends.
func TestMain(m *testing.M) {
	if path := os.Getenv("FILELOCK_TEST_HOLD"); path != "" {
		if _, err := takeAny(path); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("held")
		bufio.NewReader(os.Stdin).ReadByte()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// takeAny locks a folder or, if path is not one, a file.
func takeAny(path string) (*Lock, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return TakeFolder(path)
	}
	return Take(path)
}

// both runs a test for a file and a folder.
func both(t *testing.T, test func(t *testing.T, path string)) {
	t.Run("file", func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "history.db.lock")) })
	t.Run("folder", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "recordings")
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		test(t, path)
	})
}

// refused checks that the lock is refused because process pid has it.
func refused(t *testing.T, path string, pid int) {
	t.Helper()
	l, err := takeAny(path)
	var inUse *InUse
	if !errors.As(err, &inUse) || inUse.Path != path {
		t.Fatalf("got %v, %v", l, err)
	}
	if runtime.GOOS == "linux" && inUse.PID != pid {
		t.Errorf("%v; it is process %d", err, pid)
	}
}

func TestOneAtATime(t *testing.T) {
	both(t, func(t *testing.T, path string) {
		l, err := takeAny(path)
		if err != nil {
			t.Fatal(err)
		}
		refused(t, path, os.Getpid())
		if !l.Held() {
			t.Error("the lock is not held")
		}
		l.Release()
		if l, err = takeAny(path); err != nil {
			t.Fatal(err)
		}
		l.Release()
	})
}

// The lock of a killed process is free at once.
func TestKilled(t *testing.T) {
	both(t, func(t *testing.T, path string) {
		other := exec.Command(os.Args[0])
		other.Env = append(os.Environ(), "FILELOCK_TEST_HOLD="+path)
		in, err := other.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		out, err := other.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Start(); err != nil {
			t.Fatal(err)
		}
		if line, _ := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
			t.Fatalf("it says %q", line)
		}
		refused(t, path, other.Process.Pid)
		other.Process.Kill()
		other.Wait()
		l, err := takeAny(path)
		if err != nil {
			t.Fatal(err)
		}
		l.Release()
	})
}

func TestReplaced(t *testing.T) {
	both(t, func(t *testing.T, path string) {
		l, err := takeAny(path)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Release()
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path, path+".away"); err != nil {
			t.Fatal(err)
		}
		if l.Held() {
			t.Error("a lock on what is gone is held")
		}
		if info.IsDir() {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		again, err := takeAny(path)
		if err != nil {
			t.Fatal(err)
		}
		defer again.Release()
		if l.Held() || !again.Held() {
			t.Error("the lock is on what was there before")
		}
	})
}

func TestWhereNothingCanBeLocked(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "elsewhere"), link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Join(dir, "no folder", "lock"), link} {
		if l, err := Take(path); err == nil {
			t.Errorf("%s is locked", path)
			l.Release()
		}
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, filepath.Join(dir, "no folder")} {
		if l, err := TakeFolder(path); err == nil {
			t.Errorf("%s is locked", path)
			l.Release()
		}
	}
}

func TestParseLock(t *testing.T) {
	for line, want := range map[string]struct {
		pid   int
		inode uint64
	}{
		"1: FLOCK  ADVISORY  WRITE 708 08:01:1048581 0 EOF":    {708, 1048581},
		"12: FLOCK  ADVISORY  READ 9 00:1a:7 0 EOF":            {9, 7},
		"1: -> FLOCK  ADVISORY  WRITE 709 08:01:1048581 0 EOF": {},
		"2: POSIX  ADVISORY  WRITE 708 08:01:1048581 0 EOF":    {},
		"3: FLOCK  ADVISORY  WRITE -1 08:01:1048581 0 EOF":     {},
		"3: FLOCK  ADVISORY  WRITE 1 nothing 0 EOF":            {},
		"3: FLOCK": {}, "": {}, strings.Repeat("FLOCK ", 10): {},
	} {
		if pid, inode := parseLock(line); pid != want.pid || inode != want.inode {
			t.Errorf("%q: process %d, inode %d", line, pid, inode)
		}
	}
}
