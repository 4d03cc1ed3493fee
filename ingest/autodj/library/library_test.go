package library

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// music creates files of the given names in a new folder.
func music(t testing.TB, names ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range names {
		put(t, filepath.Join(dir, name), "")
	}
	return dir
}

func put(t testing.TB, path, content string) {
	t.Helper()
	os.MkdirAll(filepath.Dir(path), 0o700)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// next returns the names of the next n tracks, relative to dir.
func next(t testing.TB, l *Library, dir string, n int) (names []string) {
	t.Helper()
	for range n {
		path, ok := l.Next()
		if !ok {
			t.Fatalf("nothing after %q", names)
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			name = path
		}
		names = append(names, name)
	}
	return names
}

func closed(t testing.TB, l *Library) *Library {
	t.Cleanup(l.close)
	return l
}

func TestSequence(t *testing.T) {
	dir := music(t, "b.mp3", "a.MP3", "sub/c.mp3", "cover.jpg", ".hidden.mp3", ".trash/x.mp3")
	l := closed(t, New([]string{dir, filepath.Join(dir, "cover.jpg")}, false, 0, Only(".mp3"), zap.NewNop()))
	want := []string{"a.MP3", "b.mp3", "sub/c.mp3", "cover.jpg", "a.MP3"} // a named file is taken, whatever its ending
	if got := next(t, l, dir, 5); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestShuffleRepeatsNothing(t *testing.T) {
	for _, n := range []int{1, 2, 3, 5, 64, 100} {
		var names []string
		for i := range n {
			names = append(names, fmt.Sprintf("%03d.mp3", i))
		}
		dir := music(t, names...)
		l := closed(t, New([]string{dir}, true, 0, Only(".mp3"), zap.NewNop()))
		last := ""
		for range 20 {
			round := next(t, l, dir, n)
			if n > 1 && round[0] == last {
				t.Errorf("%d: %s is the last of one round and the first of the next", n, last)
			}
			last = round[n-1]
			if slices.Sort(round); !slices.Equal(round, names) {
				t.Fatalf("%d: a round of %q", n, round)
			}
		}
	}
}

func TestRescan(t *testing.T) {
	dir := music(t, "a.mp3", "c.mp3", "e.mp3")
	l := closed(t, New([]string{dir}, false, 0, Only(".mp3"), zap.NewNop()))
	next(t, l, dir, 2)
	put(t, filepath.Join(dir, "b.mp3"), "")
	put(t, filepath.Join(dir, "d.mp3"), "")
	os.Remove(filepath.Join(dir, "c.mp3"))
	l.look()
	if got := next(t, l, dir, 4); !slices.Equal(got, []string{"d.mp3", "e.mp3", "a.mp3", "b.mp3"}) {
		t.Errorf("a sequence goes on with %q", got)
	}

	var names []string
	for i := range 2000 {
		names = append(names, fmt.Sprintf("%04d.mp3", i))
	}
	dir = music(t, names...)
	l = closed(t, New([]string{dir}, true, 0, Only(".mp3"), zap.NewNop()))
	heard := next(t, l, dir, 1200)
	put(t, filepath.Join(dir, "new.mp3"), "")
	l.look()
	rest := next(t, l, dir, 801)
	for _, name := range rest {
		if slices.Contains(heard, name) {
			t.Errorf("%s is played again after a new track was added", name)
		}
	}
	if !slices.Contains(rest, "new.mp3") {
		t.Error("the new track is not played")
	}
	if all := append(rest, heard...); len(slices.Compact(slices.Sorted(slices.Values(all)))) != 2001 {
		t.Error("a round to which a track was added is not complete")
	}
}

func TestNothingToPlay(t *testing.T) {
	core, logs := observer.New(zap.WarnLevel)
	dir := music(t)
	l := closed(t, New([]string{dir, filepath.Join(dir, "absent")}, true, 0, Only(".mp3"), zap.New(core)))
	for range 3 {
		if path, ok := l.Next(); ok {
			t.Errorf("plays %s", path)
		}
		l.look()
	}
	if logs.Len() != 2 || !strings.Contains(fmt.Sprint(logs.All()[0].ContextMap()["error"]), "absent") {
		t.Errorf("told %v, want one line about the missing file, and one about all", logs.All())
	}
	put(t, filepath.Join(dir, "a.mp3"), "")
	l.look()
	if got := next(t, l, dir, 2); !slices.Equal(got, []string{"a.mp3", "a.mp3"}) {
		t.Errorf("got %q", got)
	}
}

// A folder that cannot be read is logged once and does not keep other music from
// playing.
func TestOddFolders(t *testing.T) {
	dir := music(t, "a.mp3", "locked/b.mp3", "sub/c.mp3")
	os.Symlink(dir, filepath.Join(dir, "sub", "loop"))
	os.Symlink("self", filepath.Join(dir, "self"))
	os.Symlink(filepath.Join(dir, "nowhere.mp3"), filepath.Join(dir, "dangling.mp3"))
	if os.Geteuid() != 0 {
		os.Chmod(filepath.Join(dir, "locked"), 0)
		defer os.Chmod(filepath.Join(dir, "locked"), 0o700)
	}
	found, told, _ := scan([]string{filepath.Join(dir, "self"), dir}, Only(".mp3"))
	defer found.close()
	var got []string
	for _, path := range found.all() {
		got = append(got, relative(dir, string(path)))
	}
	for _, want := range []string{"a.mp3", "sub/c.mp3"} {
		if !slices.Contains(got, want) {
			t.Errorf("no %s in %q", want, got)
		}
	}
	if len(got) > 4 || !strings.Contains(told, "self") {
		t.Errorf("got %q, told %q", got, told)
	}
}

// The list is in memory if there is no room for files, as in a container.
func TestWithoutADisk(t *testing.T) {
	dir := music(t, "a.mp3", "b.mp3", "c.mp3")
	t.Setenv("TMPDIR", filepath.Join(dir, "nowhere"))
	l := closed(t, New([]string{dir}, false, 0, Only(".mp3"), zap.NewNop()))
	if got := next(t, l, dir, 4); !slices.Equal(got, []string{"a.mp3", "b.mp3", "c.mp3", "a.mp3"}) {
		t.Errorf("got %q", got)
	}
}

func TestPeek(t *testing.T) {
	dir := music(t, "a.mp3", "b.mp3", "c.mp3", "d.mp3")
	for _, shuffle := range []bool{false, true} {
		l := closed(t, New([]string{dir}, shuffle, 0, Only(".mp3"), zap.NewNop()))
		if got := l.Peek(3); got != nil {
			t.Errorf("%q before anything was played", got)
		}
		next(t, l, dir, 1)
		coming := l.Peek(2)
		if len(coming) != 2 || len(l.Peek(9)) != 3 {
			t.Errorf("coming are %q, %q", coming, l.Peek(9))
		}
		for _, want := range coming {
			if got, _ := l.Next(); got != want {
				t.Errorf("%s was to come, and %s did", want, got)
			}
		}
	}
}

// A list with the same track over and over must not make the library look for another
// one without end.
func TestShuffleOfOneTrackListedTwice(t *testing.T) {
	dir := music(t, "a.mp3")
	a := filepath.Join(dir, "a.mp3")
	l := closed(t, New([]string{a, a}, true, 0, Only(".mp3"), zap.NewNop()))
	if got := next(t, l, dir, 5); !slices.Equal(got, []string{"a.mp3", "a.mp3", "a.mp3", "a.mp3", "a.mp3"}) {
		t.Errorf("got %q", got)
	}
}

func TestRunEndsWithItsFiles(t *testing.T) {
	l := New([]string{music(t, "a.mp3")}, false, 0, Only(".mp3"), zap.NewNop())
	l.Next()
	ctx, stop := context.WithCancel(context.Background())
	stop()
	l.Run(ctx)
	if l.index != nil {
		t.Error("the list is still open")
	}
}

// Tracks are added and removed while others are played, shown and found.
func TestEverythingAtOnce(t *testing.T) {
	dir := music(t, "a.mp3", "b.mp3")
	l := New([]string{dir}, true, time.Millisecond, Only(".mp3"), zap.NewNop())
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { l.Run(ctx) })
	for i := range 300 {
		path := filepath.Join(dir, fmt.Sprintf("%d.mp3", i/2))
		if i%2 == 0 {
			put(t, path, "")
		} else if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if _, ok := l.Next(); !ok {
			t.Fatal("no music")
		}
		for _, path := range l.Peek(3) {
			if path == "" {
				t.Fatal("nothing comes next")
			}
		}
		if _, err := l.Find("a.mp3"); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	running.Wait()
	if path, ok := l.Next(); ok {
		t.Errorf("%s is played after the end", path)
	}
}

// BenchmarkMemory measures the memory that a library takes for each track.
func BenchmarkMemory(b *testing.B) {
	dir := b.TempDir()
	const tracks, folders = 100_000, 500
	for f := range folders {
		folder := filepath.Join(dir, fmt.Sprintf("An Artist of Some Renown %d", f))
		os.Mkdir(folder, 0o700)
		for n := range tracks / folders {
			put(b, filepath.Join(folder, fmt.Sprintf("%02d - A Title of Some Length.mp3", n)), "")
		}
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for b.Loop() {
		before := heap()
		l := New([]string{dir}, true, 0, Only(".mp3"), zap.NewNop())
		for range 1000 {
			l.Next()
		}
		b.ReportMetric(float64(int64(heap()-before))/tracks, "heap-B/track")
		runtime.KeepAlive(l)
		l.close()
	}
}

// Files in other formats are logged once, with advice, and again when another format
// appears, but not at each scan.
func TestOtherFormatsAreTold(t *testing.T) {
	for _, tt := range []struct {
		name  string
		files []string
		want  []string // one for each line, with words it must have
	}{
		{"nothing", nil, []string{"there is no file"}},
		{"no music", []string{"cover.jpg", "notes.txt", "list.m3u"}, []string{"there is no file"}},
		{"others alone", []string{"a.m4a", "b.ogg", "sub/c.OGG"}, []string{"there is no file"}},
		{"mixed", []string{"a.mp3", "b.flac", "c.opus", "d.flac", ".hidden.ogg"}, []string{"is left out"}},
		{"MP3 alone", []string{"a.mp3", "cover.jpg"}, nil},
	} {
		dir := music(t, tt.files...)
		core, logs := observer.New(zap.InfoLevel)
		l := closed(t, New([]string{dir}, false, 0, Only(".mp3"), zap.New(core)))
		for range 3 {
			l.look()
		}
		all := logs.FilterLevelExact(zap.WarnLevel).All()
		if len(all) != len(tt.want) || len(all) > 0 && !strings.Contains(all[0].Message, tt.want[0]) {
			t.Errorf("%s: logged %v", tt.name, all)
		}
		put(t, filepath.Join(dir, "new.wma"), "")
		l.look()
		l.look()
		if n := logs.FilterLevelExact(zap.WarnLevel).Len(); n != len(tt.want)+1 {
			t.Errorf("%s: %d lines with another format", tt.name, n)
		}
	}
	_, _, others := scan([]string{music(t, "x/a.ogg", "b.OGG", "c.m4a", "d.mp3", "e.txt")}, Only(".mp3"))
	if got := others.String(); !strings.HasPrefix(got, "2 .ogg, such as /") || !strings.Contains(got, "; 1 .m4a, such as /") {
		t.Errorf("told as %q", got)
	}
}
