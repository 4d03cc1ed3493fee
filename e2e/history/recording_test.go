package history

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/e2e/harness"
)

// archive is a folder of recordings.
type archive string

// startRecording runs relay with a recording of /live; more is appended to the
// mount's configuration.
func startRecording(t testing.TB, more string) (*harness.Relay, archive) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "recordings")
	return harness.Start(t, harness.Config+"[[mount]]\nname = '/live'\nrecord_dir = '"+dir+"'\n"+more), archive(dir)
}

// list returns the paths of the files with an extension, the oldest first.
func (a archive) list(t testing.TB, ext string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(string(a), "live-*Z"+ext))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// numbers returns the numbers of all frames in all files, which must have no other
// frames.
func (a archive) numbers(t testing.TB) (numbers []uint64) {
	t.Helper()
	for _, path := range a.list(t, ".mp3") {
		for rest := []byte(harness.ReadFile(t, path)); len(rest) > 0; {
			h, ok := mp3.ParseHeader(rest)
			if !ok || h.Size > len(rest) {
				t.Fatalf("%s has a torn frame after %d", path, len(numbers))
			}
			n, ok := frametest.Number(rest[:h.Size])
			if !ok {
				t.Fatalf("%s has a foreign frame after %d", path, len(numbers))
			}
			numbers, rest = append(numbers, n), rest[h.Size:]
		}
	}
	return numbers
}

// whole returns how many whole frames the files have so far. A read beside the write of a
// frame may see a part of it.
func (a archive) whole(t testing.TB) (frames int) {
	t.Helper()
	for _, path := range a.list(t, ".mp3") {
		for rest := []byte(harness.ReadFile(t, path)); len(rest) > 0; frames++ {
			h, ok := mp3.ParseHeader(rest)
			if !ok || h.Size > len(rest) {
				break
			}
			rest = rest[h.Size:]
		}
	}
	return frames
}

// A session, including a break within the grace, is in one file to the last frame,
// and its titles are in the cue sheet beside it.
func TestRecordedSession(t *testing.T) {
	t.Parallel()
	r, a := startRecording(t, "record_split = '0s'\n")
	e := r.Encode(t, "/live", "ice-name: Station")
	e.Frames(t, 100)
	r.SetTitle(t, "/live", `Artist - The "First"`)
	harness.Eventually(t, "the first frames", func() bool { return len(a.list(t, ".mp3")) == 1 && a.whole(t) > 90 })
	e.Frames(t, 1000)
	harness.Eventually(t, "more frames", func() bool { return a.whole(t) > 1090 })
	r.SetTitle(t, "/live", "Zweiter – Čtvrtý")
	e.Frames(t, 100)
	e.Close()
	harness.Eventually(t, "the mount to be free", func() bool { return r.Left("/live") > 0 })
	again := r.Encode(t, "/live")
	again.Sent = e.Sent
	again.Frames(t, 100)
	harness.Eventually(t, "the frames of the source that came back", func() bool { return a.whole(t) >= 1299 })
	if err := r.Stop(t); err != nil {
		t.Error(err)
	}
	if got := a.list(t, ".mp3"); len(got) != 1 {
		t.Errorf("files %v", got)
	}
	numbers := a.numbers(t)
	for i, n := range numbers {
		if n != uint64(i+1) {
			t.Fatalf("frame %d after %d others", n, i)
		}
	}
	if len(numbers) < 1299 { // no frame confirms the last one
		t.Errorf("%d frames of 1300", len(numbers))
	}
	audio := a.list(t, ".mp3")[0]
	sheet := harness.ReadFile(t, strings.TrimSuffix(audio, ".mp3")+".cue")
	for _, want := range []string{
		"PERFORMER \"Station\"\n",
		"FILE \"" + filepath.Base(audio) + "\" MP3\n  TRACK 01 AUDIO\n    PERFORMER \"Artist\"\n    TITLE \"The 'First'\"\n    INDEX 01 00:00:00\n",
		"  TRACK 02 AUDIO\n    TITLE \"Zweiter – Čtvrtý\"\n    INDEX 01 00:28:",
	} {
		if !strings.Contains(sheet, want) {
			t.Errorf("no %s in\n%s", want, sheet)
		}
	}
}

// A recording is intact after kill -9, and so is every file of a programme that is
// cut by the clock.
func TestRecordingSurvivesKill(t *testing.T) {
	t.Parallel()
	r, a := startRecording(t, "record_split = '4s'\n")
	r.FFmpeg(t, "/live", 440, 128)
	var last string
	harness.Eventually(t, "three files", func() bool {
		files := a.list(t, ".mp3")
		if len(files) < 3 {
			return false
		}
		last = files[len(files)-1]
		return harness.SizeOf(last) > 2*16000 // two seconds, so that the pitch can be measured
	})
	r.Cmd.Process.Kill()
	<-r.Exited
	if sheets := a.list(t, ".cue"); len(sheets) != len(a.list(t, ".mp3")) {
		t.Errorf("sheets %v", sheets)
	}
	var whole []byte
	for _, file := range a.list(t, ".mp3") {
		for _, said := range harness.Complaints(t, file) {
			t.Errorf("%s: a decoder warns %s", file, said)
		}
		whole = append(whole, harness.ReadFile(t, file)...)
	}
	if got := harness.Pitch(harness.DecodeFile(t, last)); math.Abs(got-440) > 5 {
		t.Errorf("the last file plays %.1f Hz", got)
	}
	// No frame is missing between the files: together they are one stream.
	if got := harness.Pitch(harness.Decode(t, whole)); math.Abs(got-440) > 5 {
		t.Errorf("together they play %.1f Hz", got)
	}
}

func TestRecordingIsSplitByTheClock(t *testing.T) {
	t.Parallel()
	r, a := startRecording(t, "record_split = '2s'\n")
	e := r.Encode(t, "/live")
	stop := make(chan struct{})
	go e.Play(stop)
	harness.Eventually(t, "three files", func() bool { return len(a.list(t, ".mp3")) >= 3 })
	close(stop)
	r.Stop(t)
	numbers := a.numbers(t)
	for i, n := range numbers {
		if n != uint64(i+1) {
			t.Fatalf("frame %d after %d others", n, i)
		}
	}
	for _, path := range a.list(t, ".mp3")[1:] {
		var second int
		name := filepath.Base(path)
		if _, err := fmt.Sscanf(name[len("live-2006-01-02T15-04-"):], "%2dZ.mp3", &second); err != nil || second%2 != 0 {
			t.Errorf("%s does not begin on an even second: %v", name, err)
		}
	}
}

// Listeners do not notice when the folder is lost, and recording continues when it is
// back.
func TestRecordingFolderLost(t *testing.T) {
	t.Parallel()
	r, a := startRecording(t, "")
	dir := string(a)
	e := r.Encode(t, "/live")
	e.Frames(t, 100)
	stop := make(chan struct{})
	defer close(stop)
	p := r.Tune(t, "/live")
	go e.Play(stop)
	harness.Eventually(t, "a recording", func() bool { return len(a.list(t, ".mp3")) == 1 && a.whole(t) > 0 })
	if err := os.Rename(dir, dir+".away"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	says := func(what string) func() bool {
		return func() bool { return strings.Contains(r.Log.String(), what) }
	}
	harness.Eventually(t, "a line in the log", says("cannot record; the broadcast goes on"))
	first, end, err := p.InOrder(300)
	if err != nil {
		t.Fatalf("frames %d to %d: %v", first, end, err)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	harness.Eventually(t, "recording to go on", says("recording again"))
	harness.Eventually(t, "its frames", func() bool { return a.whole(t) > 0 })
	if first, end, err := p.InOrder(end + 300); err != nil {
		t.Errorf("frames %d to %d: %v", first, end, err)
	}
	if n := r.Said("cannot record"); n != 1 {
		t.Errorf("the log complains %d times", n)
	}
}

func TestRecordingRetention(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	names := []string{
		"live-2020-01-01T00-00-00Z.mp3", "live-2020-01-01T00-00-00Z.cue", // made by the mount
		"live-2020-01-01.mp3", "live-best of-2020-01-01T00-00-00Z.mp3", "other-2020-01-01T00-00-00Z.mp3", "notes.txt",
	}
	longAgo := time.Now().Add(-2 * time.Hour)
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, longAgo, longAgo); err != nil {
			t.Fatal(err)
		}
	}
	harness.Start(t, harness.Config+"[[mount]]\nname = '/live'\nrecord_dir = '"+dir+"'\nrecord_keep = '1h'\n")
	var left []string
	harness.Eventually(t, "the old recording to go", func() bool {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		left = nil
		for _, e := range entries {
			left = append(left, e.Name())
		}
		return !slices.Contains(left, names[0]) && !slices.Contains(left, names[1])
	})
	want := slices.Sorted(slices.Values(names[2:]))
	if !slices.Equal(left, want) {
		t.Errorf("left are %v, want %v", left, want)
	}
}
