package faults

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"relay/e2e/harness"
)

// smallDisk returns a folder on a disk of its own with a size in bytes, until the
// test ends. Mounting needs a privilege; without it the test is skipped.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size)
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.ENODEV) {
		t.Skipf("no disk can be mounted: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// fillDisk uses all the space of a disk until free is called.
func fillDisk(t *testing.T, dir string) (free func()) {
	t.Helper()
	ballast := filepath.Join(dir, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 64 << 10; size > 0; size /= 2 {
		for {
			if _, err := f.Write(make([]byte, size)); err != nil {
				break
			}
		}
	}
	return func() {
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
	}
}

// A full disk silences no mount. Every part that writes there reports it once, in
// metrics and the API too, and continues when there is space again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t, "4m")
	s := open(t, harness.Start(t, strings.Replace(configuration, `name = "/live"`, `name = "/live"
record_dir = "`+disk+`/recordings"`, 1)+`
[log]
access_file = "`+disk+`/access.log"
playlist_file = "`+disk+`/playlist.log"
[history]
file = "`+disk+`/history.db"
`))
	s.visit(t, crowd+visitors)
	s.SetTitle(t, "/live", "Before")
	harness.Eventually(t, "a recording", func() bool { return len(recordingsIn(t, disk+"/recordings")) > 0 })
	free := fillDisk(t, disk)
	failing := []string{
		"relay_recording_failing_since_timestamp_seconds",
		`relay_access_log_failing_since_timestamp_seconds{log="access"}`,
		`relay_access_log_failing_since_timestamp_seconds{log="playlist"}`,
		"relay_history_failing_since_timestamp_seconds",
	}
	title := 0
	harness.Eventually(t, "all of them to fail", func() bool {
		title++
		s.SetTitle(t, "/live", strings.Repeat("long ", 500)+string(rune('a'+title%26)))
		for range visitors {
			s.Tune(t, "/live").Close()
		}
		all := true
		for _, series := range failing {
			all = all && s.metric(t, series) > 0
		}
		return all
	})
	status := s.server(t)
	if status.History.Trouble == "" || status.AccessLog.Trouble == "" || status.PlaylistLog.Trouble == "" || len(status.Recordings.Troubles) == 0 {
		t.Errorf("troubles are %+v", status)
	}
	s.crowd.GoesOn(t)
	free()
	harness.Eventually(t, "all of them to work again", func() bool {
		title++
		s.SetTitle(t, "/live", "After "+string(rune('a'+title%26)))
		s.Tune(t, "/live").Close()
		for _, series := range failing {
			if s.metric(t, series) > 0 {
				return false
			}
		}
		return true
	})
	for _, line := range []string{"cannot record;", "recording again", "cannot keep the history", "the history is written again"} {
		if n := s.Said(line); n != 1 {
			t.Errorf("logged %d times: %s", n, line)
		}
	}
	// A line may fit before the disk is freed, because other parts give back space of what
	// they could not write.
	failed, again := s.Said("cannot write the access log"), s.Said("the access log is written again")
	if failed != again || failed < 2 || failed > 4 {
		t.Errorf("for two logs, their failure was logged %d times and its end %d times", failed, again)
	}
	for _, name := range []string{"access.log", "playlist.log"} {
		text := harness.ReadFile(t, filepath.Join(disk, name))
		for line := range strings.Lines(text) {
			if name == "access.log" && !strings.Contains(line, `HTTP/1`) || name == "playlist.log" && strings.Count(line, "|") < 3 || !strings.HasSuffix(line, "\n") {
				t.Errorf("a torn line in %s: %.100q", name, line)
			}
		}
	}
	s.crowd.GoesOn(t)
	s.endsInTime(t)
}
