package faults

import (
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"relay/e2e/harness"
)

// limited runs a server with a limit of descriptors, and with renditions, recordings
// and a history.
func limited(t *testing.T, descriptors, renditions int) *harness.Relay {
	t.Helper()
	dir := t.TempDir()
	var text strings.Builder
	fmt.Fprintf(&text, "%srecord_dir = %q\n", configuration, dir+"/recordings")
	for i := range renditions {
		fmt.Fprintf(&text, "[[mount.rendition]]\nname = '/live-%d'\nbitrate = 64\ncommand = 'cat'\n", i)
	}
	fmt.Fprintf(&text, "[history]\nfile = %q\n[log]\naccess_file = %q\n", dir+"/history.db", dir+"/access.log")
	r := harness.Launch(t, exec.Command("sh", "-c", `ulimit -n "$0" && exec "$@"`, fmt.Sprint(descriptors), harness.Binary, "-c", harness.WriteFile(t, "relay.toml", text.String())))
	r.SourcePassword, r.AdminPassword = "hackme", "adminpass"
	return r
}

// When descriptors are scarce, clients get those that the server does not need
// itself: however many come, encoders and recordings run, health checks are answered,
// and DJs get on the air.
func TestFewDescriptors(t *testing.T) {
	t.Parallel()
	const renditions = 12
	r := limited(t, 256, renditions)
	s := open(t, r)
	flood := map[string]string{
		"listeners":         "GET /live HTTP/1.0\r\n\r\n",
		"listeners of one":  "GET /live-3 HTTP/1.0\r\n\r\n",
		"silence":           "",
		"unfinished bodies": "POST /api/v1/session HTTP/1.1\r\nHost: radio\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
		"followers":         "GET /api/v1/events HTTP/1.0\r\n\r\n",
	}
	var conns []net.Conn
	defer func() {
		for _, conn := range conns {
			conn.Close()
		}
	}()
	well := func(when string) {
		t.Helper()
		for _, path := range []string{"/healthz", "/readyz"} {
			began := time.Now()
			if status, _, _ := r.Get(t, path); status != 200 {
				t.Errorf("%s answers %d %s", path, status, when)
			}
			if took := time.Since(began); took > seconds {
				t.Errorf("%s took %v %s", path, took, when)
			}
		}
	}
	for name, says := range flood {
		for range 150 {
			conn, err := net.DialTimeout("tcp", r.Addr, harness.Patience)
			if err != nil {
				t.Fatal(err)
			}
			conns = append(conns, conn)
			io.WriteString(conn, says)
		}
		well("behind a flood of " + name)
	}
	for i := range renditions {
		mount := fmt.Sprintf("/live-%d", i)
		harness.Eventually(t, mount, func() bool {
			_, _, text := r.Get(t, "/api/v1/status")
			return strings.Contains(text, `"`+mount+`"`)
		})
	}
	began := time.Now()
	r.Broadcast(t, "/third", other)
	if took := time.Since(began); took > seconds {
		t.Errorf("another DJ waited %v", took)
	}
	s.changesHands(t)
	for _, conn := range conns {
		conn.Close()
	}
	well("when all have gone")
	for _, line := range []string{"too many open files", "cannot accept connections", "cannot serve a listener"} {
		if strings.Contains(r.Log.String(), line) {
			t.Errorf("the log says %q", line)
		}
	}
	s.endsInTime(t)
}

// If there are fewer descriptors than the configuration needs, the log says so at the
// start, and /healthz still answers 200.
func TestFewerDescriptorsThanAreNeeded(t *testing.T) {
	t.Parallel()
	const says = "too few file descriptors for this configuration"
	for descriptors, want := range map[int]bool{128: true, 1024: false} {
		r := limited(t, descriptors, 12)
		if status, _, _ := r.Get(t, "/healthz"); status != 200 {
			t.Errorf("with %d, /healthz answers %d", descriptors, status)
		}
		if got := strings.Contains(r.Log.String(), says); got != want {
			t.Errorf("with %d, the log says so: %v", descriptors, got)
		}
	}
}
