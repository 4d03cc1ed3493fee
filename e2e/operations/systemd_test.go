package operations

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"relay/e2e/harness"
)

// As a service of systemd, relay takes over the sockets that match its configuration,
// opens the others, and reports its state.
func TestServiceOfSystemd(t *testing.T) {
	t.Parallel()
	notify := filepath.Join(t.TempDir(), "notify")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: notify, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer manager.Close()
	hears := func() string {
		b := make([]byte, 1000)
		manager.SetReadDeadline(time.Now().Add(harness.Patience))
		n, err := manager.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
	hearsBut := func(passing string) string {
		for {
			if said := hears(); said != passing {
				return said
			}
		}
	}

	wanted, foreign := inheritable(t), inheritable(t)
	toml := strings.Replace(harness.Config, `["127.0.0.1:0"]`, `["127.0.0.1:0", "`+wanted.addr+`"]`, 1)
	path := harness.WriteFile(t, "relay.toml", toml)
	// The manager sets LISTEN_PID to the process that the sockets are for.
	cmd := exec.Command("sh", "-c", `LISTEN_PID=$$ exec "$@"`, "sh", harness.Binary, "-c", path)
	cmd.Env = []string{"LISTEN_FDS=2", "NOTIFY_SOCKET=" + notify, "WATCHDOG_USEC=100000"}
	cmd.ExtraFiles = []*os.File{foreign.file, wanted.file}
	r := harness.Launch(t, cmd)

	if said := hears(); said != "READY=1" {
		t.Errorf("first it says %q", said)
	}
	for range 3 {
		if said := hears(); said != "WATCHDOG=1" {
			t.Errorf("then %q", said)
		}
	}
	for _, addr := range []string{r.Addr, wanted.addr} {
		if status, _, body := r.At(addr).Get(t, "/healthz"); status != 200 || body != "ok\n" {
			t.Errorf("%s answers %d %q", addr, status, body)
		}
	}
	r.Says(t, "a socket from systemd is not used", foreign.addr)

	r.Cmd.Process.Signal(syscall.SIGHUP)
	if said := hearsBut("WATCHDOG=1"); !strings.HasPrefix(said, "RELOADING=1\n") {
		t.Errorf("at a reload it says %q", said)
	}
	if said := hearsBut("WATCHDOG=1"); said != "READY=1" {
		t.Errorf("and then %q", said)
	}
	r.Cmd.Process.Signal(syscall.SIGTERM)
	if said := hearsBut("WATCHDOG=1"); said != "STOPPING=1" {
		t.Errorf("at the end it says %q", said)
	}
}

// inheritedSocket is a socket that another program opens for relay.
type inheritedSocket struct {
	file *os.File
	addr string
}

func inheritable(t *testing.T) inheritedSocket {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return inheritedSocket{f, l.Addr().String()}
}
