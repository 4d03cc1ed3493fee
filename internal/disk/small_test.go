package disk

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Only a regular file up to the given size is read.
func TestReadSmall(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "file")
	if err := os.WriteFile(path, make([]byte, 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := ReadSmall(path, 1<<20); err != nil || len(text) != 1<<20 {
		t.Errorf("got %d bytes, %v", len(text), err)
	}
	if err := os.Truncate(path, 1<<20+1); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		path:          "larger than 1 MiB",
		folder:        "not a regular file",
		path + ".not": "no such file or directory",
	} {
		if _, err := ReadSmall(path, 1<<20); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
	}
}

// A file that was touched or replaced counts as changed.
func TestSameContent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	look := func() fs.FileInfo {
		t.Helper()
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	write := func(text string, at time.Time) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	then := time.Unix(1e9, 0)
	write("text", then)
	was := look()
	if !SameContent(look(), was) {
		t.Error("an untouched file has changed")
	}
	write("TEXT", then.Add(time.Second))
	if SameContent(look(), was) {
		t.Error("a new time is not seen")
	}
	write("longer", then)
	if SameContent(look(), was) {
		t.Error("a new size is not seen")
	}
	other := path + ".new"
	if err := os.WriteFile(other, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(other, then, then); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(other, path); err != nil {
		t.Fatal(err)
	}
	if SameContent(look(), was) {
		t.Error("another file in its place is not seen")
	}
}

func TestReason(t *testing.T) {
	_, err := os.Stat(filepath.Join(t.TempDir(), "none"))
	if got := Reason(err).Error(); got != "no such file or directory" {
		t.Errorf("got %q", got)
	}
	if err := Reason(fs.ErrClosed); err != fs.ErrClosed {
		t.Errorf("got %v", err)
	}
}
