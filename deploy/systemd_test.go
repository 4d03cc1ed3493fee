package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// units copies the units to a folder where relay is installed as another
// program, since they are checked on machines without it.
func units(t *testing.T) (service, socket string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"relay.service", "relay.socket"} {
		text := strings.ReplaceAll(read(t, "systemd/"+name), "/usr/bin/relay", "/bin/true")
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "relay.service"), filepath.Join(dir, "relay.socket")
}

func TestUnitsAreRight(t *testing.T) {
	service, socket := units(t)
	out, err := exec.Command(program(t, "systemd-analyze"), "verify", "--man=no", service, socket).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "relay.") {
			t.Error(line)
		}
	}
	if err != nil && !t.Failed() {
		t.Errorf("%v\n%s", err, out)
	}
}

// The service is exposed by no more than 2.0 of 10, as systemd counts: "OK".
func TestServiceIsHardened(t *testing.T) {
	service, _ := units(t)
	out, err := exec.Command(program(t, "systemd-analyze"), "security", "--no-pager", "--offline=true", "--threshold=20", service).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// relay, which deletes by the clock, starts after the services that set the clock, if
// there are any. It does not require them: if no time server is reached, the station is
// still on the air.
func TestServiceWaitsForTheTime(t *testing.T) {
	unit, _, _ := strings.Cut(read(t, "systemd/relay.service"), "[Service]")
	after, wanted := "", ""
	for line := range strings.Lines(unit) {
		if list, ok := strings.CutPrefix(line, "After="); ok {
			after += " " + list
		} else if _, list, ok := strings.Cut(line, "="); ok && line[0] != '#' {
			wanted += " " + list
		}
	}
	if !strings.Contains(after, "time-sync.target") || strings.Contains(wanted, "time-") {
		t.Errorf("it is ordered after%s, and asks for%s", after, wanted)
	}
}

// A station is on the air again whenever what kept it off has passed.
func TestServiceNeverGivesUp(t *testing.T) {
	unit, _, _ := strings.Cut(read(t, "systemd/relay.service"), "[Service]")
	if !strings.Contains(unit, "\nStartLimitIntervalSec=0\n") {
		t.Error("after five quick failures it is left as it is")
	}
}
