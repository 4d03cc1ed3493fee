package harness

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// ReplaceBetween writes text between two marks in a document of the repository; file
// is its path there. The working directory must be that of a package in e2e.
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

// ReadFile returns the content of a file, or "" if it does not exist.
func ReadFile(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

// WriteFile writes a file into a new temporary directory of the test and returns its
// path.
func WriteFile(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// SizeOf returns the size of a file in bytes, 0 if it does not exist.
func SizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
