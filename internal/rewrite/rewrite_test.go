package rewrite

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func put(t testing.TB, name, text string, mode fs.FileMode) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
	return name
}

func has(t testing.TB, name, want string) {
	t.Helper()
	if got, err := os.ReadFile(name); err != nil || string(got) != want {
		t.Errorf("%s has %q, %v, want %q", name, got, err, want)
	}
}

// alone checks that no other files are left in a folder.
func alone(t testing.TB, dir string, many int) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != many {
		t.Errorf("%d files are left, want %d: %v, %v", len(entries), many, entries, err)
	}
}

func TestFile(t *testing.T) {
	dir := t.TempDir()
	name := put(t, filepath.Join(dir, "a"), "old", 0o640)
	if os.Getuid() == 0 {
		if err := os.Chown(name, 65534, 65534); err != nil {
			t.Fatal(err)
		}
	}
	before, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink("a", link); err != nil {
		t.Fatal(err)
	}
	for _, by := range []string{name, link} {
		if err := File(by, []byte("by "+by), 0o600); err != nil {
			t.Fatal(err)
		}
		has(t, name, "by "+by)
	}
	after, err := os.Stat(name)
	if err != nil || after.Mode() != before.Mode() || after.Sys().(*syscall.Stat_t).Uid != before.Sys().(*syscall.Stat_t).Uid || after.Sys().(*syscall.Stat_t).Gid != before.Sys().(*syscall.Stat_t).Gid {
		t.Errorf("%v, %v, before %v", after, err, before)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Error("the link is no link any more")
	}
	made := filepath.Join(dir, "made")
	if err := File(made, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(made); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	alone(t, dir, 3)
	if err := File(dir, []byte("x"), 0o600); err == nil {
		t.Error("a folder is replaced")
	}
}

// A write in place keeps the file and changes its text, to a longer or shorter one.
func TestInPlace(t *testing.T) {
	dir := t.TempDir()
	name := put(t, filepath.Join(dir, "a"), "a text of some length", 0o640)
	open, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	for _, text := range []string{"short", "a text that is longer than the one before, by far", "", "x"} {
		if err := writeInPlace(name, []byte(text), nil); err != nil {
			t.Fatal(err)
		}
		has(t, name, text)
	}
	was, _ := open.Stat()
	now, err := os.Stat(name)
	if err != nil || !os.SameFile(was, now) || now.Mode().Perm() != 0o640 {
		t.Errorf("it is another file: %v, %v", now, err)
	}
	alone(t, dir, 1)
}

// While another program has the file locked, nothing is written.
func TestInPlaceIsLocked(t *testing.T) {
	name := put(t, filepath.Join(t.TempDir(), "a"), "old", 0o600)
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	if err := writeInPlace(name, []byte("new"), nil); err == nil || !strings.Contains(err.Error(), "locked") {
		t.Error(err)
	}
	has(t, name, "old")
}

// After a crash at any point of a write, the next start finds the old text or the new
// one, complete.
func TestRecover(t *testing.T) {
	for _, texts := range [][2]string{{"a longer old text\nof two lines\n", "new\n"}, {"old\n", "a longer new text\nof two lines\n"}, {"same length 1", "same length 2"}, {"", "new"}, {"old", ""}} {
		old, text := texts[0], texts[1]
		dir := t.TempDir()
		name := filepath.Join(dir, "a")
		var torn []string // possible contents of the file
		for n := range len(text) + 1 {
			half := []byte(text[:n])
			if n < len(old) {
				half = append(half, old[n:]...)
			}
			torn = append(torn, string(half))
		}
		for _, half := range torn {
			put(t, name, half, 0o600)
			if err := keepCopy(copyOf(name), []byte(old), []byte(text), nil); err != nil {
				t.Fatal(err)
			}
			recovered, err := Recover(name)
			want := text
			if half == old {
				want = old // nothing had been written yet
			}
			if err != nil || recovered != (half != old && half != text) {
				t.Errorf("%q: %v, %v", half, recovered, err)
			}
			has(t, name, want)
			alone(t, dir, 1)
		}
	}
}

func TestNothingToRecover(t *testing.T) {
	dir := t.TempDir()
	name := put(t, filepath.Join(dir, "a"), "edited by hand", 0o600)
	copied := fmt.Sprintf(copyHead, sha256.Sum256([]byte("old")), sha256.Sum256([]byte("new"))) + "new"
	for what, beside := range map[string]string{"no copy": "", "an empty copy": "-", "half a head": copied[:40], "half a text": copied[:len(copied)-1], "more than the text": copied + "x", "an old copy": copied} {
		os.Remove(copyOf(name))
		if beside != "" {
			put(t, copyOf(name), strings.TrimPrefix(beside, "-"), 0o600)
			hourAgo := time.Now().Add(-time.Hour)
			if err := os.Chtimes(copyOf(name), hourAgo, hourAgo); err != nil {
				t.Fatal(err)
			}
		}
		if recovered, err := Recover(name); recovered || err != nil {
			t.Errorf("%s: %v, %v", what, recovered, err)
		}
		has(t, name, "edited by hand")
		alone(t, dir, 1)
	}
	if err := os.Symlink(name, copyOf(name)); err != nil {
		t.Fatal(err)
	}
	if recovered, err := Recover(name); recovered || err == nil {
		t.Errorf("by a link: %v, %v", recovered, err)
	}
}

// FuzzCopy checks that no copy gives a file any text but the one that was saved.
func FuzzCopy(f *testing.F) {
	f.Add([]byte("relay saving "))
	f.Add(fmt.Appendf(nil, copyHead+"new", sha256.Sum256([]byte("old")), sha256.Sum256([]byte("new"))))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		beside := filepath.Join(dir, "copy")
		if err := os.WriteFile(beside, text, 0o600); err != nil {
			t.Fatal(err)
		}
		got, _, err := readCopy(beside)
		if sum := sha256.Sum256(got); err == nil && !strings.Contains(string(text), fmt.Sprintf("%x", sum)) {
			t.Errorf("%q is read as %q", text, got)
		}
	})
}

// Without the right to write in the folder, the file is written in place. Without the
// right to write the file either, the error says what to do.
func TestReadOnlyFolder(t *testing.T) {
	if dir := os.Getenv("REWRITE_TEST_FOLDER"); dir != "" {
		if err := File(filepath.Join(dir, "own"), []byte("new"), 0o600); err != nil {
			t.Errorf("own: %v", err)
		}
		err := File(filepath.Join(dir, "foreign"), []byte("new"), 0o600)
		if err == nil || !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "make the file writable") {
			t.Errorf("foreign: %v", err)
		}
		return
	}
	if os.Getuid() != 0 {
		t.Skip("only root can make files of others")
	}
	dir, err := os.MkdirTemp("", "relay-rewrite-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	test := put(t, filepath.Join(dir, "test"), "", 0o755)
	if binary, err := os.ReadFile(os.Args[0]); err != nil || os.WriteFile(test, binary, 0o755) != nil {
		t.Fatal(err)
	}
	own := put(t, filepath.Join(dir, "own"), "old", 0o600)
	put(t, filepath.Join(dir, "foreign"), "old", 0o644)
	if err := errors.Join(os.Chown(own, 65534, 65534), os.Chmod(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(test, "-test.run=^TestReadOnlyFolder$")
	cmd.Env, cmd.Dir = append(os.Environ(), "REWRITE_TEST_FOLDER="+dir), dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	has(t, own, "new")
	has(t, filepath.Join(dir, "foreign"), "old")
	if info, err := os.Stat(own); err != nil || info.Mode().Perm() != 0o600 || info.Sys().(*syscall.Stat_t).Uid != 65534 {
		t.Errorf("%v, %v", info, err)
	}
	alone(t, dir, 3)
}
