package recordings

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/conf"
	"relay/internal/clock"
)

var stereo128 = frametest.Header(128000, 44100, 2)

// smallDisk has room for that many bytes. A larger write is cut short and fails.
type smallDisk struct{ room int }

type diskFile struct {
	file
	disk *smallDisk
}

func (d *smallDisk) create(path string) (file, error) {
	f, err := create(path)
	return diskFile{f, d}, err
}

func (f diskFile) Write(b []byte) (int, error) {
	n := min(len(b), f.disk.room)
	f.file.Write(b[:n])
	f.disk.room -= n
	if n < len(b) {
		return n, syscall.ENOSPC
	}
	return n, nil
}

// newArchive returns an archive of /live in a new folder, and its log.
func newArchive(t *testing.T, m conf.Mount) (*archive, *observer.ObservedLogs) {
	t.Helper()
	m.Name, m.RecordDir = "/live", filepath.Join(t.TempDir(), "recordings")
	core, logs := observer.New(zapcore.InfoLevel)
	split := func() time.Duration { return time.Duration(m.RecordSplit) }
	return &archive{store: newStore(&m, newFolder(m.RecordDir, clock.New(zap.NewNop()))), health: newHealth(new(atomic.Int64)), split: split, log: zap.New(core)}, logs
}

// taken returns a segment of numbered frames.
func taken(at time.Time, title string, first, last uint64) segment {
	t := segment{at: at, title: title, station: "Radio"}
	for n := first; n <= last; n++ {
		t.add(mp3.Frame{Header: stereo128, Data: frametest.Numbered(stereo128, n)}.Unit())
	}
	return t
}

// numbersIn returns the numbers of the frames in a file, which must all be complete.
func numbersIn(t *testing.T, path string) (numbers []uint64) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for len(b) > 0 {
		h, ok := mp3.ParseHeader(b)
		if !ok || h.Size > len(b) {
			t.Fatalf("%s: no whole frame after number %v", path, numbers)
		}
		n, ok := frametest.Number(b[:h.Size])
		if !ok {
			t.Fatalf("%s: no numbered frame after %v", path, numbers)
		}
		numbers, b = append(numbers, n), b[h.Size:]
	}
	return numbers
}

func upTo(first, last uint64) (numbers []uint64) {
	for n := first; n <= last; n++ {
		numbers = append(numbers, n)
	}
	return numbers
}

func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != timeFile {
			names = append(names, e.Name())
		}
	}
	return names
}

func messages(logs *observer.ObservedLogs) string {
	var list []string
	for _, entry := range logs.All() {
		list = append(list, entry.Message)
	}
	return strings.Join(list, "|")
}

func TestSplitByTheClock(t *testing.T) {
	a, _ := newArchive(t, conf.Mount{RecordSplit: conf.Duration(time.Hour)})
	hour := began.Truncate(time.Hour).Add(time.Hour)
	a.write(taken(began, "A - One", 1, 10))
	a.write(taken(hour.Add(-time.Second), "A - Two", 11, 20))
	a.write(taken(hour, "A - Two", 21, 30))
	a.close()
	dir := a.store.dir
	want := []string{"live-2026-11-23T19-04-05Z.cue", "live-2026-11-23T19-04-05Z.mp3", "live-2026-11-23T20-00-00Z.cue", "live-2026-11-23T20-00-00Z.mp3"}
	if got := files(t, dir); !slices.Equal(got, want) {
		t.Fatalf("files %v", got)
	}
	if got := slices.Concat(numbersIn(t, filepath.Join(dir, want[1])), numbersIn(t, filepath.Join(dir, want[3]))); !slices.Equal(got, upTo(1, 30)) {
		t.Errorf("frames %v", got)
	}
	sheet, _ := os.ReadFile(filepath.Join(dir, want[2]))
	if !strings.Contains(string(sheet), "FILE \"live-2026-11-23T20-00-00Z.mp3\" MP3\n  TRACK 01 AUDIO\n    PERFORMER \"A\"\n    TITLE \"Two\"\n    INDEX 01 00:00:00\n") {
		t.Errorf("the second sheet is\n%s", sheet)
	}
	info, err := os.Stat(filepath.Join(dir, want[1]))
	if err != nil || info.Mode().Perm()&0o027 != 0 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestEveryFormatHasItsFile(t *testing.T) {
	a, _ := newArchive(t, conf.Mount{})
	mono := taken(began, "", 1, 1)
	other := frametest.Header(64000, 22050, 1)
	if mono.fits(mp3.Frame{Header: other}.Unit()) {
		t.Error("one segment has two formats")
	}
	mono = segment{at: began}
	mono.add(mp3.Frame{Header: other, Data: frametest.Numbered(other, 11)}.Unit())
	a.write(taken(began, "", 1, 10))
	a.write(mono)
	a.write(taken(began, "", 12, 20))
	a.close()
	if got := files(t, a.store.dir); len(got) != 6 {
		t.Errorf("files %v", got)
	}
}

func TestNothingIsOverwritten(t *testing.T) {
	a, _ := newArchive(t, conf.Mount{})
	dir := a.store.dir
	os.Mkdir(dir, 0o700)
	for _, name := range []string{"live-2026-11-23T19-04-05Z.mp3", "live-2026-11-23T19-04-05Z-2.cue", "live-2026-11-23T19-04-05Z-3.opus"} {
		os.WriteFile(filepath.Join(dir, name), []byte("foreign"), 0o600)
	}
	a.write(taken(began, "", 1, 10))
	a.close()
	a.write(taken(began, "", 11, 20))
	a.close()
	want := []string{
		"live-2026-11-23T19-04-05Z-2.cue", "live-2026-11-23T19-04-05Z-3.opus",
		"live-2026-11-23T19-04-05Z-4.cue", "live-2026-11-23T19-04-05Z-4.mp3",
		"live-2026-11-23T19-04-05Z-5.cue", "live-2026-11-23T19-04-05Z-5.mp3", "live-2026-11-23T19-04-05Z.mp3",
	}
	if got := files(t, dir); !slices.Equal(got, want) {
		t.Errorf("files %v", got)
	}
}

func TestDiskFull(t *testing.T) {
	a, logs := newArchive(t, conf.Mount{})
	d := &smallDisk{room: 10_000}
	a.store.create = d.create
	at := began
	write := func(first, last uint64) {
		a.write(taken(at, "", first, last))
		at = at.Add(time.Second)
	}
	write(1, 20)
	for n := uint64(21); n < 221; n += 10 { // 20 seconds: two more tries
		write(n, n+9)
	}
	if got := messages(logs); got != "cannot record; the broadcast goes on" {
		t.Errorf("the log says %s", got)
	}
	dir := a.store.dir
	if got := files(t, dir); len(got) != 2 {
		t.Errorf("files %v", got)
	}
	if got := numbersIn(t, filepath.Join(dir, "live-2026-11-23T19-04-05Z.mp3")); !slices.Equal(got, upTo(1, 20)) {
		t.Errorf("frames %v", got)
	}
	d.room = 1 << 20
	for n := uint64(221); n < 321; n += 10 {
		write(n, n+9)
	}
	a.close()
	if got := messages(logs); got != "cannot record; the broadcast goes on|recording again|recorded" {
		t.Errorf("the log says %s", got)
	}
	second := numbersIn(t, filepath.Join(dir, files(t, dir)[3]))
	if len(second) == 0 || !slices.Equal(second, upTo(second[0], 320)) {
		t.Errorf("frames %v", second)
	}
}

// After any change to the folder, recording starts again once the folder is back.
func TestFolderGone(t *testing.T) {
	a, logs := newArchive(t, conf.Mount{})
	dir := a.store.dir
	a.write(taken(began, "", 1, 10))
	os.Rename(dir, dir+".moved")
	os.WriteFile(dir, nil, 0o600)
	for i := range 30 {
		a.write(taken(began.Add(time.Duration(i)*time.Second), "", 11, 20))
	}
	if got := messages(logs); got != "cannot record; the broadcast goes on" {
		t.Errorf("the log says %s", got)
	}
	os.Remove(dir)
	a.write(taken(began.Add(time.Minute), "", 21, 30))
	a.close()
	if got := numbersIn(t, filepath.Join(dir, "live-2026-11-23T19-05-05Z.mp3")); !slices.Equal(got, upTo(21, 30)) {
		t.Errorf("frames %v", got)
	}
	if got := files(t, dir+".moved"); len(got) != 2 {
		t.Errorf("moved were %v", got)
	}
}
