package faults

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"relay/e2e/harness"
)

// status is the state of recordings and logs in the operators' API.
type status struct {
	History    struct{ Trouble string }
	Recordings struct {
		Troubles []struct{ Mount, Text string }
	}
	AccessLog   struct{ Trouble string } `json:"access_log"`
	PlaylistLog struct{ Trouble string } `json:"playlist_log"`
}

func (s *station) server(t *testing.T) (now status) {
	t.Helper()
	s.JSON(t, "/api/v1/server", &now)
	return now
}

// metric returns the value of a series, which must exist.
func (s *station) metric(t *testing.T, series string) float64 {
	t.Helper()
	_, _, metrics := s.Get(t, "/metrics")
	value, ok := harness.Metric(metrics, series)
	if !ok {
		t.Fatalf("there is no %s", series)
	}
	return value
}

// recordingsIn returns the recordings in a folder.
func recordingsIn(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*.mp3"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// block replaces a folder by a file, until free is called.
func block(t *testing.T, dir string) (free func()) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(dir); err != nil {
			t.Fatal(err)
		}
	}
}

// A missing folder for recordings is reported, and recording continues once the
// folder can be created again.
func TestRecordingsWithoutAFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "recordings")
	s := open(t, harness.Start(t, strings.Replace(configuration, `name = "/live"`, `name = "/live"
record_dir = "`+dir+`"`, 1)))
	harness.Eventually(t, "a recording", func() bool { return len(recordingsIn(t, dir)) > 0 })
	if now := s.server(t); len(now.Recordings.Troubles) != 0 || s.metric(t, "relay_recording_failing") != 0 {
		t.Errorf("trouble before there is any: %+v", now)
	}
	free := block(t, dir)
	harness.Eventually(t, "trouble", func() bool { return s.metric(t, "relay_recording_failing_since_timestamp_seconds") > 0 })
	if now := s.server(t); len(now.Recordings.Troubles) != 1 || now.Recordings.Troubles[0].Mount != "/live" || now.Recordings.Troubles[0].Text == "" {
		t.Errorf("troubles are %+v", now.Recordings.Troubles)
	}
	if s.metric(t, "relay_recording_errors_total") == 0 || s.metric(t, "relay_recording_failing") != 1 {
		t.Error("the failures are not counted")
	}
	s.crowd.GoesOn(t)
	free()
	harness.Eventually(t, "another recording", func() bool { return len(recordingsIn(t, dir)) > 0 })
	harness.Eventually(t, "the end of the trouble", func() bool { return s.metric(t, "relay_recording_failing_since_timestamp_seconds") == 0 })
	if s.metric(t, "relay_recording_lost_seconds_total") == 0 {
		t.Error("missing audio is not counted")
	}
	for _, line := range []string{"cannot record;", "recording again"} {
		if n := s.Said(line); n != 1 {
			t.Errorf("logged %d times: %s", n, line)
		}
	}
	s.crowd.GoesOn(t)
	s.endsInTime(t)
}

// A folder that cannot be used is reported before the first source comes, and the
// report ends when the folder can be used.
func TestAFolderThatCannotBeUsedBeforeTheShow(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "recordings")
	free := block(t, dir)
	s := open(t, harness.Start(t, configuration+"[[mount]]\nname = '/later'\nrecord_dir = '"+dir+"'\n"))
	harness.Eventually(t, "trouble", func() bool {
		now := s.server(t)
		return len(now.Recordings.Troubles) == 1 && now.Recordings.Troubles[0].Mount == "/later"
	})
	free()
	harness.Eventually(t, "the end of the trouble", func() bool { return len(s.server(t).Recordings.Troubles) == 0 })
	s.endsInTime(t)
}

// If one log cannot be written this is reported, and the other log is written; a
// removed file is created again.
func TestLogFilesThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	logs := filepath.Join(dir, "logs")
	s := open(t, harness.Start(t, configuration+"[log]\naccess_file = '"+logs+"/access.log'\nplaylist_file = '"+dir+"/playlist.log'\n"))
	s.Get(t, "/healthz")
	harness.Eventually(t, "a line", func() bool { return harness.SizeOf(logs+"/access.log") > 0 })
	free := block(t, logs)
	const failing = `relay_access_log_failing_since_timestamp_seconds{log="access"}`
	for n := range 5 {
		s.SetTitle(t, "/live", "Title "+string(rune('A'+n)))
		harness.Eventually(t, "trouble", func() bool { return s.metric(t, failing) > 0 })
	}
	harness.Eventually(t, "the titles", func() bool { return strings.Count(harness.ReadFile(t, dir+"/playlist.log"), "|Title ") == 5 })
	if now := s.server(t); now.AccessLog.Trouble == "" || now.PlaylistLog.Trouble != "" {
		t.Errorf("troubles are %+v", now)
	}
	if s.metric(t, `relay_access_log_lost_lines_total{log="access"}`) == 0 || s.metric(t, `relay_access_log_errors_total{log="playlist"}`) != 0 {
		t.Error("the failures are counted wrongly")
	}
	free()
	harness.Eventually(t, "the end of the trouble", func() bool { return s.metric(t, failing) == 0 })
	for _, line := range []string{"cannot write the access log", "the access log is written again"} {
		if n := s.Said(line); n != 1 {
			t.Errorf("logged %d times: %s", n, line)
		}
	}
	if err := os.Remove(logs + "/access.log"); err != nil {
		t.Fatal(err)
	}
	harness.Eventually(t, "the file anew", func() bool {
		s.Get(t, "/healthz")
		return harness.SizeOf(logs+"/access.log") > 0
	})
	s.crowd.GoesOn(t)
	s.endsInTime(t)
}
