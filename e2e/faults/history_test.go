package faults

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"relay/e2e/harness"
)

// trouble returns what the server says is wrong with its history, and whether metrics
// say so.
func trouble(t *testing.T, r *harness.Relay) (text string, failing bool) {
	t.Helper()
	var server struct {
		History struct{ Trouble string }
	}
	_, body := r.Admin(t, "/api/v1/server")
	if err := json.Unmarshal([]byte(body), &server); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	_, _, metrics := r.Get(t, "/metrics")
	since, ok := harness.Metric(metrics, "relay_history_failing_since_timestamp_seconds")
	if !ok {
		t.Fatal("metrics do not tell of the history")
	}
	return server.History.Trouble, since > 0
}

// sessions returns how many sessions of /live the report has; -1: there is none.
func sessions(t *testing.T, r *harness.Relay) int {
	t.Helper()
	status, body := r.Admin(t, "/api/v1/reports/listening?mount=/live")
	var report struct{ Items []struct{ Sessions int } }
	if status != 200 || json.Unmarshal([]byte(body), &report) != nil {
		return -1
	}
	if len(report.Items) == 0 {
		return 0
	}
	return report.Items[0].Sessions
}

// withHistory puts a station on the air that keeps a history, with sessions in it.
func withHistory(t *testing.T) (s *station, file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "folder", "history.db")
	if err := os.Mkdir(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	s = open(t, harness.Start(t, configuration+"[history]\nfile = '"+file+"'\n"))
	s.visit(t, crowd+visitors)
	return s, file
}

// visitors is how many come at once.
const visitors = 5

// visit has listeners come and go, and waits until the report has so many sessions,
// those of the crowd included.
func (s *station) visit(t *testing.T, sum int) {
	t.Helper()
	for range visitors {
		s.Tune(t, "/live").Close()
	}
	harness.Eventually(t, "the visits in the history", func() bool { return sessions(t, s.Relay) == sum })
}

func said(r *harness.Relay, text string) int { return strings.Count(r.Log.String(), text) }

func TestAHistoryThatIsDeletedIsWrittenAgain(t *testing.T) {
	t.Parallel()
	s, file := withHistory(t)
	for _, ending := range []string{"", "-wal", "-shm"} {
		os.Remove(file + ending)
	}
	harness.Eventually(t, "the file", func() bool { return harness.SizeOf(file) > 0 && said(s.Relay, "was deleted while in use") == 1 })
	s.visit(t, crowd+2*visitors)
	if text, failing := trouble(t, s.Relay); text != "" || failing {
		t.Errorf("trouble %q, failing %v", text, failing)
	}
	s.crowd.GoesOn(t)
	s.endsInTime(t)
	if n := len(reasons(t, file, "listening")); n == 0 {
		t.Error("the file is empty")
	}
}

func TestAHistoryThatIsOverwrittenIsSetAside(t *testing.T) {
	t.Parallel()
	s, file := withHistory(t)
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	garbage := strings.Repeat("no database ", 50_000)
	f.WriteString(garbage)
	f.Close()
	aside := func() []string {
		found, _ := filepath.Glob(file + ".damaged-*Z")
		return found
	}
	harness.Eventually(t, "the file to be set aside", func() bool { return len(aside()) == 1 })
	harness.Eventually(t, "trouble", func() bool {
		text, failing := trouble(t, s.Relay)
		return strings.Contains(text, filepath.Base(aside()[0])) && !failing
	})
	s.visit(t, crowd+visitors)
	if text := harness.ReadFile(t, aside()[0]); !strings.HasPrefix(text, "no database") && !strings.Contains(text, garbage[:1000]) {
		t.Error("what was set aside is another file")
	}
	if n := said(s.Relay, "has been set aside"); n != 1 {
		t.Errorf("said %d times that the file was set aside", n)
	}
	s.crowd.GoesOn(t)
	s.endsInTime(t)
}

// While nothing can be written, metrics and trouble say so, and the log does once.
func TestAHistoryWithoutAFolder(t *testing.T) {
	t.Parallel()
	s, file := withHistory(t)
	if err := os.RemoveAll(filepath.Dir(file)); err != nil {
		t.Fatal(err)
	}
	harness.Eventually(t, "trouble", func() bool {
		text, failing := trouble(t, s.Relay)
		return strings.Contains(text, "deleted") && failing
	})
	s.visit(t, crowd+2*visitors) // which are in the report all the same
	if err := os.Mkdir(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	harness.Eventually(t, "the end of the trouble", func() bool {
		text, failing := trouble(t, s.Relay)
		return text == "" && !failing
	})
	s.visit(t, crowd+3*visitors)
	for _, line := range []string{"cannot keep the history", "the history is kept again"} {
		if n := said(s.Relay, line); n != 1 {
			t.Errorf("said %d times: %s", n, line)
		}
	}
	s.crowd.GoesOn(t)
	s.endsInTime(t)
}
