package operations

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"relay/e2e/harness"
)

// memoryGroup is a control group of Linux with a limit of memory.
type memoryGroup struct {
	dir   string
	limit int64
	usage string // path of the file with the memory in use
}

// limitMemory makes a control group, which only root may, and removes it when the
// test ends.
func limitMemory(t *testing.T, bytes int64) memoryGroup {
	t.Helper()
	var problem error
	for _, version := range []struct{ root, limit, usage string }{
		{"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"},
		{"/sys/fs/cgroup", "memory.max", "memory.current"},
	} {
		dir, err := os.MkdirTemp(version.root, "relay-e2e-")
		if err != nil {
			problem = err
			continue
		}
		t.Cleanup(func() {
			harness.Eventually(t, "the control group to be empty", func() bool { return os.Remove(dir) == nil })
		})
		if err := os.WriteFile(filepath.Join(dir, version.limit), fmt.Appendln(nil, bytes), 0); err != nil {
			problem = err
			continue
		}
		return memoryGroup{dir: dir, limit: bytes, usage: filepath.Join(dir, version.usage)}
	}
	harness.Missing(t, "no control group can be made: %v", problem)
	return memoryGroup{}
}

// inside returns a command that runs in the group.
func (g memoryGroup) inside(name string, args ...string) *exec.Cmd {
	return exec.Command("sh", append([]string{"-c", `echo $$ >"$0" && exec "$@"`, filepath.Join(g.dir, "cgroup.procs"), name}, args...)...)
}

// fill uses all but left bytes of the group's memory until free is called.
func (g memoryGroup) fill(t *testing.T, left int64) (free func()) {
	t.Helper()
	used, err := strconv.ParseInt(strings.TrimSpace(harness.ReadFile(t, g.usage)), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.CreateTemp("/dev/shm", "relay-e2e-") // charged to the group that writes it first
	if err != nil {
		t.Fatal(err)
	}
	file.Close()
	free = func() { os.Remove(file.Name()) }
	t.Cleanup(free)
	write := g.inside("sh", "-c", fmt.Sprintf("head -c %d /dev/zero >%s", g.limit-used-left, file.Name()))
	if out, err := write.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return free
}

// When memory is nearly used up, connected listeners stay, new ones are refused, a
// source is accepted, pages answer, and the log says so. Afterwards everything is as
// before.
func TestMemoryIsShort(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	g := limitMemory(t, 1024*mib) // of which new listeners may not use 32
	path := harness.WriteFile(t, "relay.toml", harness.Config)
	r := harness.Launch(t, g.inside(harness.Binary, "-c", path))
	r.SourcePassword, r.AdminPassword = "hackme", "adminpass"
	e := r.Encode(t, "/live")
	e.Frames(t, 100)
	stop := make(chan struct{})
	var playing, listening sync.WaitGroup
	playing.Go(func() { e.Play(stop) })
	var staying []*harness.Player
	for range 20 {
		staying = append(staying, r.Tune(t, "/live"))
	}
	ask := func() string { return r.Ask(t, "GET /live HTTP/1.0\r\n\r\n").Status }

	free := g.fill(t, 24*mib)
	harness.Eventually(t, "the log to say that memory is short", func() bool { return strings.Contains(r.Log.String(), "short of memory") })
	if status := ask(); status != "HTTP/1.0 503 Service Unavailable" {
		t.Errorf("a listener got %q", status)
	}
	for path, want := range map[string]string{"/healthz": "ok", "/metrics": "relay_memory_short 1", "/status-json.xsl": "/live"} {
		if status, _, body := r.Get(t, path); status != 200 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if status, body := r.Admin(t, "/api/v1/server"); status != 200 || !strings.Contains(body, `"memory_short":true`) {
		t.Errorf("the API says %d %s", status, body)
	}
	r.Encode(t, "/other").Frames(t, 100)
	for i, p := range staying {
		listening.Go(func() {
			p.SetReadDeadline(time.Now().Add(harness.Patience))
			if first, end, err := p.InOrder(400); err != nil {
				t.Errorf("listener %d heard frames %d to %d: %v", i, first, end, err)
			}
		})
	}
	listening.Wait()

	free()
	harness.Eventually(t, "the log to say that there is enough memory again", func() bool { return strings.Contains(r.Log.String(), "there is enough memory again") })
	if status := ask(); status != "HTTP/1.0 200 OK" {
		t.Errorf("then a listener got %q", status)
	}
	close(stop)
	playing.Wait()
	if n := r.Said("short of memory: it accepts"); n != 1 {
		t.Errorf("%d lines say that memory is short", n)
	}
}
