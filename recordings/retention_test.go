package recordings

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/internal/clock"
)

// shelved creates recordings of 1000 bytes with a sheet of 100 that ended the given
// numbers of hours ago, and files that are not recordings.
func shelved(t *testing.T, m conf.Mount, hours ...int) (s *store, now time.Time) {
	t.Helper()
	m.Name, m.RecordDir = "/live", t.TempDir()
	now = began
	for _, h := range hours {
		name := filepath.Join(m.RecordDir, fileName(conf.FileStem(m.Name), now.Add(time.Duration(-h-1)*time.Hour), 1))
		ended := now.Add(time.Duration(-h) * time.Hour)
		for ext, size := range map[string]int{".mp3": 1000, sheetExt: 100} {
			os.WriteFile(name+ext, make([]byte, size), 0o600)
			os.Chtimes(name+ext, ended, ended)
		}
	}
	for _, foreign := range foreign {
		path := filepath.Join(m.RecordDir, foreign)
		os.WriteFile(path, make([]byte, 10_000), 0o600)
		os.Chtimes(path, now.AddDate(-1, 0, 0), now.AddDate(-1, 0, 0))
	}
	os.Mkdir(filepath.Join(m.RecordDir, "live-2020-01-01T00-00-00Z.mp3"), 0o700)
	return newStore(&m, newFolder(m.RecordDir, clockAt(now))), now
}

// clockAt returns a clock that has just started.
func clockAt(now time.Time) *clock.Clock {
	return clock.Of(zap.NewNop(), func() (time.Time, time.Duration) { return now, 0 })
}

var foreign = []string{
	"live.mp3", "live-best.mp3", "other-2020-01-01T00-00-00Z.mp3", "live~2-2020-01-01T00-00-00Z.mp3",
	"live-2020-01-01T00-00-00Z.mp3.part", "live-2020-01-01T00-00-00Z.txt",
}

// left checks that the recordings that ended those numbers of hours ago remain with
// both files, and all files that are not recordings of the mount.
func left(t *testing.T, s *store, now time.Time, hours ...int) {
	t.Helper()
	want := append(slices.Clone(foreign), "live-2020-01-01T00-00-00Z.mp3")
	for _, h := range hours {
		name := fileName(s.stem, now.Add(time.Duration(-h-1)*time.Hour), 1)
		want = append(want, name+".mp3", name+sheetExt)
	}
	slices.Sort(want)
	if got := files(t, s.dir); !slices.Equal(got, want) {
		t.Errorf("left are\n%v, want\n%v", got, want)
	}
}

func TestRetentionByAge(t *testing.T) {
	s, now := shelved(t, conf.Mount{RecordKeep: conf.Duration(5 * time.Hour)}, 1, 4, 6, 100)
	removed, err := s.tidy()
	if err != nil || len(removed) != 2 {
		t.Errorf("removed %v, %v", removed, err)
	}
	left(t, s, now, 1, 4)
}

func TestRetentionBySize(t *testing.T) {
	s, now := shelved(t, conf.Mount{RecordSpace: 2500}, 1, 4, 6, 100)
	if _, err := s.tidy(); err != nil {
		t.Error(err)
	}
	left(t, s, now, 1, 4)
}

func TestRetentionSparesWhatIsBeingWritten(t *testing.T) {
	s, now := shelved(t, conf.Mount{RecordSpace: 1, RecordKeep: 1}, 1, 4)
	running := fileName(s.stem, now.Add(-5*time.Hour), 1)
	s.writing.Store(&running)
	if _, err := s.tidy(); err != nil {
		t.Error(err)
	}
	left(t, s, now, 4)
}

func TestNoRetention(t *testing.T) {
	s, now := shelved(t, conf.Mount{}, 1, 100_000)
	if removed, err := s.tidy(); len(removed) > 0 || err != nil {
		t.Errorf("removed %v, %v", removed, err)
	}
	left(t, s, now, 1, 100_000)
}
