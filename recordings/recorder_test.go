package recordings

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/conf"
	"relay/icy"
	"relay/internal/clock"
	"relay/mounts"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// studio is a running recorder in a synctest bubble, where time passes at once.
type studio struct {
	*mounts.Registry
	recorder *Recorder
	dir      string
	logs     *observer.ObservedLogs
	next     uint64 // number of the next frame
	last     func() // called after the recorder has stopped
}

// recordingLive runs a test in a bubble with a recorder of /live; more holds further
// settings of the mount.
func recordingLive(t *testing.T, more string, test func(s *studio)) *studio {
	t.Helper()
	s := &studio{dir: filepath.Join(t.TempDir(), "recordings"), next: 1, last: func() {}}
	synctest.Test(t, func(t *testing.T) {
		c, err := conf.Parse("relay.toml", fmt.Appendf(nil, "[[mount]]\nname = '/live'\nrecord_dir = '%s'\n%s", s.dir, more))
		if err != nil {
			t.Fatal(err)
		}
		core, logs := observer.New(zapcore.InfoLevel)
		s.logs = logs
		live := conf.NewLive(c)
		s.Registry = mounts.NewRegistry(live, nil, zap.NewNop())
		s.recorder = NewRecorder(s.Registry, live, clock.New(zap.NewNop()), zap.New(core))
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { s.recorder.Run(ctx); close(done) }()
		synctest.Wait()
		test(s)
		s.Registry.Close()
		stop()
		<-done
		s.last()
	})
	return s
}

func (s *studio) attach(t *testing.T, kind mounts.Kind) *mounts.Input {
	t.Helper()
	in, err := s.Attach("/live", mounts.Feed{Kind: kind, Station: icy.Station{Name: "Radio"}})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// play plays numbered frames in real time.
func (s *studio) play(in *mounts.Input, d time.Duration) {
	for played := time.Duration(0); played < d; played += stereo128.Duration() {
		in.Write(mp3.Frame{Header: stereo128, Data: frametest.Numbered(stereo128, s.next)}.Unit())
		s.next++
		time.Sleep(stereo128.Duration())
	}
}

// recorded returns the numbers of the frames in all files, and all sheets.
func (s *studio) recorded(t *testing.T) (audio int, numbers []uint64, sheets string) {
	t.Helper()
	for _, name := range files(t, s.dir) {
		path := filepath.Join(s.dir, name)
		if filepath.Ext(name) == ".mp3" {
			audio++
			numbers = append(numbers, numbersIn(t, path)...)
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sheets += string(text)
	}
	return audio, numbers, sheets
}

// Only live sources are recorded, each session in one file. A lost source that comes
// back within the grace continues in the same file.
func TestSessions(t *testing.T) {
	var live []uint64
	s := recordingLive(t, "record_split = '0s'", func(s *studio) {
		music := s.attach(t, mounts.Files)
		s.play(music, 3*time.Second)
		onAir := func(in *mounts.Input, d time.Duration) {
			first := s.next
			s.play(in, d)
			live = append(live, upTo(first, s.next-1)...)
		}
		for session := range 2 {
			dj := s.attach(t, mounts.LiveSource)
			onAir(dj, time.Second)
			dj.SetTitle(mounts.Title{Text: fmt.Sprintf("DJ - First of %d", session)})
			onAir(dj, 9*time.Second)
			dj.Detach()
			time.Sleep(2 * time.Second) // the grace is 3
			dj = s.attach(t, mounts.LiveSource)
			onAir(dj, time.Second)
			dj.SetTitle(mounts.Title{Text: fmt.Sprintf("DJ - Second of %d", session)})
			onAir(dj, 9*time.Second)
			dj.Detach()
			time.Sleep(10 * time.Second)
			s.play(music, 3*time.Second)
		}
	})
	audio, numbers, sheets := s.recorded(t)
	if audio != 2 || !slices.Equal(numbers, live) {
		t.Errorf("%d files, %d frames of %d: %v", audio, len(numbers), len(live), numbers)
	}
	for session := range 2 {
		for i, want := range []string{"First of %d\"\n    INDEX 01 00:00:00\n", "Second of %d\"\n    INDEX 01 00:11:0"} {
			want = fmt.Sprintf("  TRACK %02d AUDIO\n    PERFORMER \"DJ\"\n    TITLE \""+want, i+1, session)
			if !strings.Contains(sheets, want) {
				t.Errorf("no %s in\n%s", want, sheets)
			}
		}
	}
	if strings.Count(sheets, "TRACK") != 4 || strings.Count(sheets, `PERFORMER "Radio"`) != 2 {
		t.Errorf("sheets\n%s", sheets)
	}
}

// A mount that waits for its relay for ever does not keep a session open.
func TestSessionEndsWithTheGrace(t *testing.T) {
	s := recordingLive(t, "record_split = '0s'", func(s *studio) {
		s.attach(t, mounts.Relayed)
		for range 2 {
			dj := s.attach(t, mounts.LiveSource)
			s.play(dj, 2*time.Second)
			dj.Detach()
			time.Sleep(time.Minute)
		}
	})
	if audio, numbers, _ := s.recorded(t); audio != 2 || !slices.Equal(numbers, upTo(1, s.next-1)) {
		t.Errorf("%d files, frames %v of %d", audio, numbers, s.next-1)
	}
}

// A mount that ends and starts again is recorded again, and its last audio is in the
// files.
func TestMountComesAgain(t *testing.T) {
	s := recordingLive(t, "grace = '0s'\nrecord_split = '1h'", func(s *studio) {
		for range 3 {
			dj := s.attach(t, mounts.LiveSource)
			s.play(dj, 700*time.Millisecond)
			dj.Detach()
			time.Sleep(2 * time.Second)
		}
		s.play(s.attach(t, mounts.LiveSource), 700*time.Millisecond)
	})
	if audio, numbers, _ := s.recorded(t); audio != 4 || !slices.Equal(numbers, upTo(1, s.next-1)) {
		t.Errorf("%d files, frames %v of %d", audio, numbers, s.next-1)
	}
}

// slowFile delays every write until the test releases it.
type slowFile struct {
	file
	free chan struct{}
}

func (f slowFile) Write(b []byte) (int, error) {
	<-f.free
	return f.file.Write(b)
}

// A disk that hangs causes a gap in the recording, which the sheet shows, but does not
// affect the broadcast.
func TestSlowDisk(t *testing.T) {
	s := recordingLive(t, "record_split = '0s'", func(s *studio) {
		free := make(chan struct{})
		s.recorder.store(settingsOf(s.recorder.Conf, "/live")).create = func(path string) (file, error) {
			f, err := create(path)
			return slowFile{f, free}, err
		}
		dj := s.attach(t, mounts.LiveSource)
		dj.SetTitle(mounts.Title{Text: "Show"})
		s.play(dj, time.Minute)
		close(free)
		s.play(dj, 10*time.Second)
	})
	audio, numbers, sheets := s.recorded(t)
	jumps := 0
	for i := 1; i < len(numbers); i++ {
		if numbers[i] != numbers[i-1]+1 {
			jumps++
		}
	}
	if audio != 1 || jumps != 1 || numbers[0] != 1 || numbers[len(numbers)-1] != s.next-1 {
		t.Errorf("%d files, %d jumps, frames %v", audio, jumps, numbers)
	}
	if seconds := float64(len(numbers)) * stereo128.Duration().Seconds(); seconds < 35 || seconds > 45 {
		t.Errorf("%v seconds are recorded", seconds)
	}
	if !strings.Contains(sheets, "REM GAP 00:3") {
		t.Errorf("sheet\n%s", sheets)
	}
	if got := s.logs.FilterMessageSnippet("too slow").Len(); got != 1 {
		t.Errorf("the log says so %d times", got)
	}
}

// A folder that hangs does not affect the recordings of other mounts.
func TestOtherMountsBesideADiskThatHangs(t *testing.T) {
	other := filepath.Join(t.TempDir(), "other")
	s := recordingLive(t, "[[mount]]\nname = '/other'\nrecord_dir = '"+other+"'\n", func(s *studio) {
		free := make(chan struct{})
		s.last = func() { close(free) }
		s.recorder.store(settingsOf(s.recorder.Conf, "/live")).create = func(path string) (file, error) {
			<-free
			return create(path)
		}
		live := s.attach(t, mounts.LiveSource)
		s.play(live, 2*time.Second)
		second, err := s.Attach("/other", mounts.Feed{Kind: mounts.LiveSource})
		if err != nil {
			t.Fatal(err)
		}
		s.next = 1
		s.play(second, 2*time.Second)
	})
	var numbers []uint64
	for _, name := range files(t, other) {
		if filepath.Ext(name) == ".mp3" {
			numbers = append(numbers, numbersIn(t, filepath.Join(other, name))...)
		}
	}
	if !slices.Equal(numbers, upTo(1, s.next-1)) {
		t.Errorf("the other mount's recording has frames %v", numbers)
	}
}

// A recording in progress follows a new record_split at once, and has every frame once.
func TestSplitIsChangedWhileLive(t *testing.T) {
	s := recordingLive(t, "record_split = '1h'", func(s *studio) {
		dj := s.attach(t, mounts.LiveSource)
		s.play(dj, 3*time.Second)
		c := *s.recorder.Conf.Config()
		c.Mounts = slices.Clone(c.Mounts)
		c.Mounts[0].RecordSplit = conf.Duration(10 * time.Second)
		s.recorder.Conf.Replace(&c)
		s.Reconfigure()
		s.play(dj, 21*time.Second)
	})
	audio, numbers, _ := s.recorded(t)
	if audio < 3 || !slices.Equal(numbers, upTo(1, s.next-1)) {
		t.Errorf("%d files, frames %v of %d", audio, numbers, s.next-1)
	}
}

// A disk that hangs for good does not keep the server from stopping.
func TestHangingDiskAtTheEnd(t *testing.T) {
	s := recordingLive(t, "", func(s *studio) {
		free := make(chan struct{})
		s.last = func() { close(free) }
		s.recorder.store(settingsOf(s.recorder.Conf, "/live")).create = func(path string) (file, error) {
			f, err := create(path)
			return slowFile{f, free}, err
		}
		s.play(s.attach(t, mounts.LiveSource), 2*time.Second)
	})
	if got := s.logs.FilterMessageSnippet("does not answer").Len(); got != 1 {
		t.Errorf("the log says so %d times", got)
	}
}

func TestUnusableFolderIsToldAtTheStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	os.WriteFile(file, nil, 0o600)
	s := recordingLive(t, "[[mount]]\nname = '/other'\nrecord_dir = '"+file+"'\n[[mount]]\nname = '/x*'\nrecord_dir = '"+file+"'", func(s *studio) {})
	if got := messages(s.logs); got != "cannot record there yet" {
		t.Errorf("the log says %s", got)
	}
	if got := files(t, s.dir); len(got) > 0 {
		t.Errorf("left behind: %v", got)
	}
}

func TestRetentionWhileNobodyIsLive(t *testing.T) {
	s := recordingLive(t, "record_keep = '1h'", func(s *studio) {
		dj := s.attach(t, mounts.LiveSource)
		s.play(dj, time.Second)
		dj.Detach()
		time.Sleep(time.Minute)
		for _, name := range files(t, s.dir) {
			os.Chtimes(filepath.Join(s.dir, name), time.Time{}, time.Now())
		}
		time.Sleep(50 * time.Minute)
		if got := files(t, s.dir); len(got) != 2 {
			t.Errorf("before its time: %v", got)
		}
		time.Sleep(20 * time.Minute)
	})
	if got := files(t, s.dir); len(got) != 0 {
		t.Errorf("after its time: %v", got)
	}
}

func settingsOf(c *conf.Live, mount string) *conf.Mount {
	m := c.Config().Mount(mount)
	return &m
}
