package library

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// music makes files of the given names in a folder.
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

// next returns the names of the next n tracks below a folder.
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
	l := closed(t, New([]string{dir, filepath.Join(dir, "cover.jpg")}, false, 0, zap.NewNop()))
	want := []string{"a.MP3", "b.mp3", "sub/c.mp3", "cover.jpg", "a.MP3"} // what is named is taken, whatever it is called
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
		l := closed(t, New([]string{dir}, true, 0, zap.NewNop()))
		last := ""
		for range 20 {
			round := next(t, l, dir, n)
			if n > 1 && round[0] == last {
				t.Errorf("%d: %s ends one round and begins the next", n, last)
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
	l := closed(t, New([]string{dir}, false, 0, zap.NewNop()))
	next(t, l, dir, 2)
	put(t, filepath.Join(dir, "b.mp3"), "")
	put(t, filepath.Join(dir, "d.mp3"), "")
	os.Remove(filepath.Join(dir, "c.mp3"))
	l.look()
	if got := next(t, l, dir, 4); !slices.Equal(got, []string{"d.mp3", "e.mp3", "a.mp3", "b.mp3"}) {
		t.Errorf("a sequence goes on with %q", got)
	}

	var names []string
	for i := range 40 {
		names = append(names, fmt.Sprintf("%02d.mp3", i))
	}
	dir = music(t, names...)
	l = closed(t, New([]string{dir}, true, 0, zap.NewNop()))
	heard := next(t, l, dir, 20)
	put(t, filepath.Join(dir, "new.mp3"), "")
	l.look()
	rest := next(t, l, dir, 21)
	for _, name := range rest {
		if slices.Contains(heard, name) {
			t.Errorf("%s is played again because another has come", name)
		}
	}
	if !slices.Contains(rest, "new.mp3") {
		t.Error("what has come is not played")
	}
	if len(rest) != 21 {
		t.Errorf("%d are left", len(rest))
	}
}

func TestNothingToPlay(t *testing.T) {
	core, logs := observer.New(zap.WarnLevel)
	dir := music(t)
	l := closed(t, New([]string{dir, filepath.Join(dir, "absent")}, true, 0, zap.New(core)))
	for range 3 {
		if path, ok := l.Next(); ok {
			t.Errorf("plays %s", path)
		}
		l.look()
	}
	if logs.Len() != 1 || !strings.Contains(fmt.Sprint(logs.All()[0].ContextMap()["error"]), "absent") {
		t.Errorf("told %v, want one line", logs.All())
	}
	put(t, filepath.Join(dir, "a.mp3"), "")
	l.look()
	if got := next(t, l, dir, 2); !slices.Equal(got, []string{"a.mp3", "a.mp3"}) {
		t.Errorf("got %q", got)
	}
}

func TestPlaylists(t *testing.T) {
	dir := music(t, "a.mp3")
	put(t, filepath.Join(dir, "list.m3u"), "\ufeff#EXTM3U\r\n#EXTINF:1,x\r\na.mp3\r\n\r\nhttp://radio.example/live\r\nsub/more.pls\r\n")
	put(t, filepath.Join(dir, "sub", "more.pls"), "[playlist]\nfile1=b.mp3\nTitle1=B\nFile2=/abs/c.mp3\nNumberOfEntries=2\n")
	put(t, filepath.Join(dir, "latin.m3u"), "Caf\xe9.mp3\n")
	put(t, filepath.Join(dir, "loop.m3u"), "loop.m3u\na.mp3\n")
	core, logs := observer.New(zap.WarnLevel)
	l := closed(t, New([]string{filepath.Join(dir, "list.m3u"), filepath.Join(dir, "latin.m3u"), filepath.Join(dir, "loop.m3u")}, false, 0, zap.New(core)))
	got := next(t, l, dir, 5)
	if want := []string{"a.mp3", "sub/b.mp3", "/abs/c.mp3", "Café.mp3", "a.mp3"}; !slices.Equal(got, append(want[:2:2], relative(dir, want[2]), want[3], want[4])) {
		t.Errorf("got %q", got)
	}
	told := fmt.Sprint(logs.All()[0].ContextMap()["error"])
	if !strings.Contains(told, "http://radio.example/live") || !strings.Contains(told, "lists within lists") {
		t.Errorf("told %s", told)
	}
}

func relative(dir, path string) string {
	name, _ := filepath.Rel(dir, path)
	return name
}

func TestFindStaysWithinTheMusic(t *testing.T) {
	outside := music(t, "secret.mp3")
	dir := music(t, "a.mp3", "sub/b.mp3")
	os.Symlink(filepath.Join(outside, "secret.mp3"), filepath.Join(dir, "link.mp3"))
	l := New([]string{dir}, false, 0, zap.NewNop())
	for name, found := range map[string]bool{
		"a.mp3": true, "sub/b.mp3": true, filepath.Join(dir, "a.mp3"): true, "sub/../a.mp3": true,
		"nothere.mp3": false, "../" + filepath.Base(outside) + "/secret.mp3": false, "link.mp3": false,
		filepath.Join(outside, "secret.mp3"): false, "/etc/passwd": false,
	} {
		if path, err := l.Find(name); (err == nil) != found {
			t.Errorf("%s: %q, %v", name, path, err)
		}
	}
}

func TestRunEndsWithItsFiles(t *testing.T) {
	l := New([]string{music(t, "a.mp3")}, false, 0, zap.NewNop())
	l.Next()
	ctx, stop := context.WithCancel(context.Background())
	stop()
	l.Run(ctx)
	if l.index != nil {
		t.Error("the list is still open")
	}
}

// BenchmarkMemory tells how much memory a library takes for each track.
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
		l := New([]string{dir}, true, 0, zap.NewNop())
		for range 1000 {
			l.Next()
		}
		b.ReportMetric(float64(int64(heap()-before))/tracks, "heap-B/track")
		runtime.KeepAlive(l)
		l.close()
	}
}

// FuzzEntries: no list can break what reads it, and no name has a line end.
func FuzzEntries(f *testing.F) {
	f.Add([]byte("\ufeff#EXTM3U\r\na.mp3\r\n"), false)
	f.Add([]byte("[playlist]\nFile1=a.mp3\nfile2 = b.mp3\n"), true)
	f.Fuzz(func(t *testing.T, text []byte, pls bool) {
		for _, name := range entries(text, pls) {
			if name == "" || strings.ContainsAny(name, "\r\n\x00") {
				t.Fatalf("name %q", name)
			}
		}
	})
}
