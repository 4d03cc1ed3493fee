package faults

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"relay/e2e/harness"
)

// crowd is the number of listeners that check every frame.
const crowd = 20

// seconds is still a matter of seconds to a person, on a busy machine.
const seconds = 20 * time.Second

// configuration has a mount whose fallback is another mount.
const configuration = `
[server]
listen = ["127.0.0.1:0"]
[limits]
flush_interval = "50ms"
count_after = "0s"
[auth]
source_password = "hackme"
admin_password = "adminpass"
[[mount]]
name = "/live"
fallbacks = ["/backup"]
grace = "1s"
`

// The numbers of a station's sources; see harness.Relay.Broadcast.
const (
	dj     = 1
	backup = 2
	other  = 3
)

// station is a server with two sources and a crowd that listens to /live.
type station struct {
	*harness.Relay
	dj    *harness.Encoder
	crowd *harness.Crowd
}

// open puts the configuration's mounts on the air: it connects the sources and the
// crowd.
func open(t *testing.T, r *harness.Relay) *station {
	t.Helper()
	r.Broadcast(t, "/backup", backup)
	s := &station{Relay: r, dj: r.Broadcast(t, "/live", dj)}
	s.crowd = r.Gather(t, "/live", crowd)
	s.crowd.Hears(t, dj)
	return s
}

// startMute starts a server with the given files as standard output and standard
// error. more is added to the configuration.
func startMute(t *testing.T, stdout, stderr *os.File, more string) *harness.Relay {
	t.Helper()
	addr := harness.FreePort(t)
	cmd := exec.Command(harness.Binary, "-c", harness.WriteFile(t, "relay.toml", configuration+more), "-listen", addr)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return harness.LaunchMute(t, cmd, addr)
}

// changesHands checks that the station works: the fallback plays when the DJ is lost,
// a new DJ gets on the air, pages answer, and no listener has lost a frame.
func (s *station) changesHands(t *testing.T) {
	t.Helper()
	s.dj.Close()
	s.crowd.Hears(t, backup)
	for _, path := range []string{"/readyz", "/healthz", "/", "/status-json.xsl", "/api/v1/status"} {
		if status, _, _ := s.Get(t, path); status != 200 {
			t.Errorf("%s answers %d", path, status)
		}
	}
	s.dj = s.Broadcast(t, "/live", other)
	s.crowd.Hears(t, other)
	s.crowd.GoesOn(t)
}

// endsInTime checks that the server ends in order, and within seconds, when it is
// told to.
func (s *station) endsInTime(t *testing.T) {
	t.Helper()
	began := time.Now()
	s.Cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.Exited:
	case <-time.After(harness.Patience):
		t.Fatal("the server does not end")
	}
	if took := time.Since(began); took > seconds {
		t.Errorf("the server took %v to end", took)
	}
	if code := s.Cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the server ended with %v", s.Cmd.ProcessState)
	}
	s.crowd.Ends(t)
}
