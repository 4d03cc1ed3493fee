package faults

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"relay/e2e/harness"
)

// trouble returns the fault of the history according to the API, and whether the
// metrics show one.
func trouble(t *testing.T, r *harness.Relay) (text string, failing bool) {
	t.Helper()
	var server struct {
		History struct{ Trouble string }
	}
	r.JSON(t, "/api/v1/server", &server)
	_, _, metrics := r.Get(t, "/metrics")
	since, ok := harness.Metric(metrics, "relay_history_failing_since_timestamp_seconds")
	if !ok {
		t.Fatal("the metrics do not show the state of the history")
	}
	return server.History.Trouble, since > 0
}

// sessions returns the number of sessions of /live in the report; -1: there is no
// report.
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

// withHistory puts a station with a history on the air, and some sessions into the
// history.
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

// visitors is how many listeners come at once.
const visitors = 5

// visit has listeners come and leave, and waits until the report has sum sessions,
// those of the crowd included. A session that has not ended counts as well, but is not in
// the file yet.
func (s *station) visit(t *testing.T, sum int) {
	t.Helper()
	for range visitors {
		s.Tune(t, "/live").Close()
	}
	harness.Eventually(t, "the visitors to leave", func() bool { return s.Source(t, "/live").Listeners == crowd })
	harness.Eventually(t, "the visits in the history", func() bool { return sessions(t, s.Relay) == sum })
}

func TestAHistoryThatIsDeletedIsWrittenAgain(t *testing.T) {
	t.Parallel()
	s, file := withHistory(t)
	for _, ending := range []string{"", "-wal", "-shm"} {
		os.Remove(file + ending)
	}
	harness.Eventually(t, "the file", func() bool { return harness.SizeOf(file) > 0 && s.Said("was deleted while in use") == 1 })
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
		t.Error("the file that was set aside is another one")
	}
	if n := s.Said("was set aside"); n != 1 {
		t.Errorf("logged %d times that the file was set aside", n)
	}
	s.crowd.GoesOn(t)
	s.endsInTime(t)
}

// While the history cannot be written, the metrics and the API show it, and the log
// says so once.
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
	s.visit(t, crowd+2*visitors) // they are in the report all the same
	if err := os.Mkdir(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	harness.Eventually(t, "the end of the trouble", func() bool {
		text, failing := trouble(t, s.Relay)
		return text == "" && !failing
	})
	s.visit(t, crowd+3*visitors)
	for _, line := range []string{"cannot keep the history", "the history is written again"} {
		if n := s.Said(line); n != 1 {
			t.Errorf("logged %d times: %s", n, line)
		}
	}
	s.crowd.GoesOn(t)
	s.endsInTime(t)
}
