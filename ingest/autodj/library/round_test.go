package library

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// session plays n tracks of a folder, as one run of the program does, and returns
// them.
func session(t *testing.T, file, dir string, shuffle bool, n int) []string {
	t.Helper()
	l := New([]string{dir}, shuffle, 0, Only(".mp3"), zap.NewNop())
	l.Remember(file)
	ctx, end := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); l.Run(ctx) }()
	names := next(t, l, dir, n)
	end()
	<-done
	return names
}

func numberedNames(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("%03d.mp3", i))
	}
	return names
}

// A shuffled round continues after a restart: no track is played twice before all
// have been played once.
func TestRoundOutlivesTheProgram(t *testing.T) {
	for _, n := range []int{1, 2, 7, 100} {
		all := numberedNames(n)
		dir, file := music(t, all...), filepath.Join(t.TempDir(), "state", "round")
		for round := range 3 {
			var heard []string
			for len(heard) < n { // restarted after each third track
				heard = append(heard, session(t, file, dir, true, min(3, n-len(heard)))...)
			}
			slices.Sort(heard)
			if !slices.Equal(heard, all) {
				t.Fatalf("round %d of %d tracks, with restarts: %q", round, n, heard)
			}
		}
		if size := sizeOf(t, file); size > int64(len(roundMagic)+sumSize*n) {
			t.Errorf("a round of %d tracks takes %d bytes", n, size)
		}
	}
}

func TestSequenceOutlivesTheProgram(t *testing.T) {
	dir, file := music(t, "a.mp3", "b.mp3", "c.mp3", "d.mp3"), filepath.Join(t.TempDir(), "round")
	var heard []string
	for range 3 {
		heard = append(heard, session(t, file, dir, false, 3)...)
	}
	if want := []string{"a.mp3", "b.mp3", "c.mp3", "d.mp3", "a.mp3", "b.mp3", "c.mp3", "d.mp3", "a.mp3"}; !slices.Equal(heard, want) {
		t.Errorf("it plays %q", heard)
	}
}

// The folder may change, and the file may be damaged, while the program does not run.
func TestRoundWithWhatHasChanged(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(t *testing.T, dir, file string)
		shuffle bool
		play    int
		want    []string // sorted, if shuffled
	}{
		"new tracks are played in the same round": {shuffle: true, play: 4, want: []string{"002.mp3", "003.mp3", "new.mp3", "newer.mp3"},
			change: func(t *testing.T, dir, file string) {
				put(t, filepath.Join(dir, "new.mp3"), "")
				put(t, filepath.Join(dir, "newer.mp3"), "")
			}},
		"tracks that are gone do no harm": {shuffle: true, play: 1, want: []string{"003.mp3"},
			change: func(t *testing.T, dir, file string) { remove(t, dir, "000.mp3", "002.mp3") }},
		"all of a round heard, the next begins": {shuffle: true, play: 2, want: []string{"000.mp3", "001.mp3"},
			change: func(t *testing.T, dir, file string) { remove(t, dir, "002.mp3", "003.mp3") }},
		"a sequence continues after the last one that is left": {play: 2, want: []string{"002.mp3", "003.mp3"},
			change: func(t *testing.T, dir, file string) { remove(t, dir, "001.mp3") }},
		"a part of a sum, as a crash may leave it": {shuffle: true, play: 2, want: []string{"002.mp3", "003.mp3"},
			change: func(t *testing.T, dir, file string) { grow(t, file, "abc") }},
		"no file": {play: 1, want: []string{"000.mp3"},
			change: func(t *testing.T, dir, file string) { os.Remove(file) }},
		"an empty file": {play: 1, want: []string{"000.mp3"},
			change: func(t *testing.T, dir, file string) { put(t, file, "") }},
		"another file": {play: 1, want: []string{"000.mp3"},
			change: func(t *testing.T, dir, file string) { put(t, file, "something else, which is longer than a sum") }},
		"sums of nothing": {shuffle: true, play: 4, want: []string{"000.mp3", "001.mp3", "002.mp3", "003.mp3"},
			change: func(t *testing.T, dir, file string) {
				put(t, file, roundMagic+string(bytes.Repeat([]byte("whatever"), 1000)))
			}},
	} {
		t.Run(name, func(t *testing.T) {
			dir, file := music(t, numberedNames(4)...), filepath.Join(t.TempDir(), "round")
			session(t, file, dir, false, 2) // 000 and 001
			c.change(t, dir, file)
			got := session(t, file, dir, c.shuffle, c.play)
			if c.shuffle {
				slices.Sort(got)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("it plays %q, want %q", got, c.want)
			}
		})
	}
}

// A path that cannot be written costs a line in the log, and no music.
func TestRoundThatCannotBeKept(t *testing.T) {
	dir := music(t, numberedNames(3)...)
	inTheWay := filepath.Join(t.TempDir(), "file")
	put(t, inTheWay, "")
	log, lines := observer.New(zap.WarnLevel)
	l := New([]string{dir}, true, 0, Only(".mp3"), zap.New(log))
	l.Remember(filepath.Join(inTheWay, "round"))
	ctx, end := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); l.Run(ctx) }()
	next(t, l, dir, 30)
	end()
	<-done
	if n := lines.FilterMessageSnippet("cannot save the round").Len(); n != 1 {
		t.Errorf("it is logged %d times: %v", n, lines.All())
	}
}

// A disk that does not answer does not stop the music: changes are queued, and then
// dropped.
func TestRoundOnAHangingDisk(t *testing.T) {
	dir := music(t, numberedNames(3)...)
	l := closed(t, New([]string{dir}, true, 0, Only(".mp3"), zap.NewNop()))
	l.Remember(filepath.Join(t.TempDir(), "round")) // run is not called, so nothing is written
	began := time.Now()
	next(t, l, dir, 1000)
	if took := time.Since(began); took > time.Minute {
		t.Errorf("it took %v", took)
	}
}

func TestRoundIsBounded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "round")
	put(t, file, roundMagic)
	if err := os.Truncate(file, int64(len(roundMagic)+sumSize*maxHeard)); err != nil {
		t.Fatal(err)
	}
	r := round{file: file, log: zap.NewNop()}
	r.note(roundChange{sum: 1})
	if size := sizeOf(t, file); size != int64(len(roundMagic)+sumSize*maxHeard) {
		t.Errorf("it has %d bytes", size)
	}
	if err := os.Truncate(file, 1<<40); err != nil {
		t.Skip(err)
	}
	if n := len(r.heard()); n != maxHeard {
		t.Errorf("%d tracks are read", n)
	}
	r.note(roundChange{begins: true, sum: 1})
	if sums := r.heard(); !slices.Equal(sums, []uint64{1}) {
		t.Errorf("a new round has %d tracks", len(sums))
	}
}

func FuzzReadRound(f *testing.F) {
	f.Add([]byte(roundMagic + "12345678abc"))
	f.Add([]byte("relay"))
	f.Fuzz(func(t *testing.T, b []byte) {
		sums, err := readRound(bytes.NewReader(b))
		if err != nil || len(sums) > len(b)/sumSize {
			t.Errorf("%d sums, %v", len(sums), err)
		}
	})
}

func remove(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
}

func grow(t *testing.T, file, text string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func sizeOf(t *testing.T, file string) int64 {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
