package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"relay/ingest/encode"
)

// An ffprobe that takes longer than a disk may is waited for.
func TestSurveyWaitsForFFprobe(t *testing.T) {
	if err := encode.Installed(); err != nil {
		t.Skip(err)
	}
	programs, music := t.TempDir(), t.TempDir()
	slow := "#!/bin/sh\nsleep 3.5\necho damaged >&2\nexit 1\n"
	if err := os.WriteFile(filepath.Join(programs, "ffprobe"), []byte(slow), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", programs+string(os.PathListSeparator)+os.Getenv("PATH"))
	if err := os.WriteFile(filepath.Join(music, "a.m4a"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if told := nothingPlayable([]string{music}); !strings.Contains(told, "a.m4a") {
		t.Errorf("after %v it says %q", time.Since(began), told)
	}
}
