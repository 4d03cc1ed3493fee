//go:build linux

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestWriteDocReplacesOnlyItsSection(t *testing.T) {
	path := filepath.Join(t.TempDir(), "performance.md")
	if err := os.WriteFile(path, []byte("# Title\n\ntext\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct{ mode, text string }{{"a", "one\n"}, {"b", "two\n"}, {"a", "three\n"}} {
		if err := writeDoc(path, step.mode, step.text); err != nil {
			t.Fatal(err)
		}
	}
	got, _ := os.ReadFile(path)
	const want = "# Title\n\ntext\n\n<!-- bench:begin a -->\nthree\n<!-- bench:end a -->\n\n<!-- bench:begin b -->\ntwo\n<!-- bench:end b -->\n"
	if string(got) != want {
		t.Errorf("got\n%s", got)
	}
}

func TestVerdicts(t *testing.T) {
	for _, tt := range []struct {
		v   verdict
		met bool
	}{
		{ratio("x", 20, 60, "icecast2", 0.33), false},
		{ratio("x", 19, 60, "icecast2", 0.33), true},
		{ratio("x", 19, 0, "icecast2", 0.33), false},
		{atMost("x", 650, "ms", 650), true},
		{none("x", 1), false},
	} {
		if tt.v.Met != tt.met || strings.Contains(tt.v.String(), "MISSED") == tt.met {
			t.Errorf("%v", tt.v)
		}
	}
}

// The load and the floor are this binary with other arguments.
func TestMain(m *testing.M) {
	for i, arg := range os.Args {
		if arg == "-role" && i+1 < len(os.Args) {
			main()
			return
		}
	}
	os.Exit(m.Run())
}

// A small run: every frame of the floor reaches every listener.
func TestRunOnTheFloor(t *testing.T) {
	dir := t.TempDir()
	floor, err := startFloor(t.Context(), dir, 100*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer floor.stop()
	r, err := measure(t.Context(), floor, "small", loadPlan{
		Listeners: 20, OpenRate: 1000, Patience: 10 * time.Second, Warm: 100 * time.Millisecond, Measure: time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Load.Heard != 20 || r.Load.Breaks != 0 || r.Load.Lost != 0 || r.Load.Frames < 20*150 {
		t.Errorf("%+v", r.Load)
	}
}
