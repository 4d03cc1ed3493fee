package faults

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"relay/e2e/harness"
)

// A second server with the same files as the first deletes and closes none of them,
// logs which process has them, is on the air all the same, and takes them over when
// the first has been killed.
func TestTwoServersOneFolder(t *testing.T) {
	t.Parallel()
	dir, file := filepath.Join(t.TempDir(), "recordings"), filepath.Join(t.TempDir(), "history.db")
	toml := configuration + fmt.Sprintf("record_dir = %q\nrecord_space = 1\n[history]\nfile = %q\n", dir, file)
	recordings := func() []string {
		t.Helper()
		list, err := filepath.Glob(filepath.Join(dir, "live-*Z.mp3"))
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	one := open(t, harness.Start(t, toml))
	harness.Eventually(t, "a recording", func() bool { return len(recordings()) == 1 && harness.SizeOf(recordings()[0]) > 0 })
	mine := recordings()[0]
	one.SetTitle(t, "/live", "Mine")
	harness.Eventually(t, "the title", func() bool {
		_, titles := one.Admin(t, "/api/v1/reports/titles?mount=/live")
		return strings.Contains(titles, "Mine")
	})

	two := open(t, harness.Start(t, toml))
	by := fmt.Sprintf("in use by another relay, process %d", one.Cmd.Process.Pid)
	says(t, two.Relay, dir+" is "+by, 1)
	says(t, two.Relay, file+" is "+by, 1)
	says(t, two.Relay, "cannot record; the broadcast goes on", 1)
	two.changesHands(t)
	for _, r := range []*harness.Relay{one.Relay, two.Relay} {
		_, server := r.Admin(t, "/api/v1/server")
		if told := strings.Contains(server, by); told != (r == two.Relay) {
			t.Errorf("%s", server)
		}
	}
	before := harness.SizeOf(mine)
	harness.Eventually(t, "the first recording to grow", func() bool { return harness.SizeOf(mine) > before })
	if list := recordings(); len(list) != 1 {
		t.Errorf("recordings are %q", list)
	}
	// "relay check" does not need the files for itself.
	if out, err := exec.Command(harness.Binary, "check", "-c", harness.WriteFile(t, "relay.toml", toml)).CombinedOutput(); err != nil {
		t.Errorf("relay check: %v\n%s", err, out)
	}
	one.crowd.GoesOn(t)
	if strings.Contains(one.Log.String(), "in use by") || strings.Contains(one.Log.String(), "deleted or replaced") {
		t.Error("the first server is disturbed")
	}

	one.Cmd.Process.Kill()
	<-one.Exited
	says(t, two.Relay, "recording again", 1)
	says(t, two.Relay, "the history is written again", 1)
	two.crowd.GoesOn(t)
	harness.Eventually(t, "a recording of the second", func() bool {
		list := recordings()
		return len(list) == 1 && list[0] != mine && harness.SizeOf(list[0]) > 0 // the old recording has been deleted
	})
	two.endsInTime(t)
}
