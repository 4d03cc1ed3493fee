package harness

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"
)

// A DayClock is a clock for the relays of one test. The machine's clock is not
// changed.
type DayClock struct{ ahead *os.File }

// NewDayClock returns a clock that agrees with the machine's. Its setting survives
// restarts of a relay. On systems other than Linux the test is skipped.
func NewDayClock(t testing.TB) DayClock {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the clock can be replaced on Linux alone")
	}
	ahead, err := os.Create(filepath.Join(t.TempDir(), "ahead"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ahead.Close() })
	c := DayClock{ahead}
	c.Set(t, 0)
	return c
}

// Set sets the clock ahead of the machine's, or behind it if ahead is negative, also
// for a running relay. It is exact to the second.
func (c DayClock) Set(t testing.TB, ahead time.Duration) {
	t.Helper()
	seconds := int64(ahead / time.Second)
	if _, err := c.ahead.WriteAt(unsafe.Slice((*byte)(unsafe.Pointer(&seconds)), 8), 0); err != nil {
		t.Fatal(err)
	}
}

// Start starts a relay that uses the clock, waits for its banner, and stops it when
// the test ends. The first call of a process builds that relay.
func (c DayClock) Start(t testing.TB, toml string) *Relay {
	t.Helper()
	program, err := withDayClock()
	if err != nil {
		t.Fatalf("build relay with another clock: %v", err)
	}
	cmd := exec.Command(program, "-c", WriteFile(t, "relay.toml", toml))
	cmd.ExtraFiles = []*os.File{c.ahead}
	r := Launch(t, cmd)
	r.SourcePassword, r.AdminPassword = "hackme", "adminpass"
	return r
}

// withDayClock builds a relay with another time.Now, which adds the number of seconds
// in the file of descriptor 3. Durations are not affected. This compiles all packages
// again, which takes a minute until they are in Go's build cache.
var withDayClock = sync.OnceValues(func() (string, error) {
	dir := filepath.Dir(Binary)
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", err
	}
	original := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	text, err := os.ReadFile(original)
	if err != nil {
		return "", err
	}
	const reading = "sec, nsec, mono := runtimeNow()\n"
	if !strings.Contains(string(text), reading) {
		return "", fmt.Errorf("%s reads the clock in another way than by %q", original, reading)
	}
	changed, added, overlay := filepath.Join(dir, "time.go"), filepath.Join(dir, "ahead.go"), filepath.Join(dir, "overlay.json")
	list, err := json.Marshal(map[string]any{"Replace": map[string]string{
		original: changed,
		filepath.Join(filepath.Dir(original), "ahead.go"): added,
	}})
	if err != nil {
		return "", err
	}
	for path, content := range map[string]string{
		changed: strings.ReplaceAll(string(text), reading, reading+"\tsec += ahead()\n"),
		added:   aheadOfTheMachine,
		overlay: string(list),
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return "", err
		}
	}
	program := filepath.Join(dir, "relay-with-day-clock")
	return program, build(program, "-overlay", overlay)
})

const aheadOfTheMachine = `package time

import (
	"syscall"
	"unsafe"
)

// now runs where the runtime must not make system calls, so the file is mapped, once.
var mapped, _ = syscall.Mmap(3, 0, 8, syscall.PROT_READ, syscall.MAP_SHARED)

func ahead() int64 {
	if mapped == nil {
		return 0
	}
	return *(*int64)(unsafe.Pointer(&mapped[0]))
}
`
