package harness

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// ReplaceBetween writes text between two marks in a document, which is named by
// its path in the repository. The working directory must be a package in e2e.
func ReplaceBetween(file, begin, end, text string) error {
	path := filepath.Join("..", "..", file)
	document, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, found := bytes.Cut(document, []byte(begin))
	_, after, ended := bytes.Cut(rest, []byte(end))
	if !found || !ended {
		return fmt.Errorf("%s has nothing between %q and %q", file, begin, end)
	}
	return os.WriteFile(path, slices.Concat(before, []byte(begin), []byte(text), []byte(end), after), 0o644)
}

// ReadFile returns the content of a file, nothing while there is none.
func ReadFile(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

// WriteFile writes a file in a directory of its own and returns its path.
func WriteFile(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// SizeOf returns the size of a file, 0 while there is none.
func SizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
