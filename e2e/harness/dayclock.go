package harness

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
	"unsafe"
)

// DayClock is a clock of the day that relays of its own go by. The machine's is
// left alone.
type DayClock struct {
	program string
	ahead   *os.File
}

// Set sets it ahead of the machine's, or behind.
func (c *DayClock) Set(t testing.TB, ahead time.Duration) {
	t.Helper()
	seconds := int64(ahead / time.Second)
	if _, err := c.ahead.WriteAt(unsafe.Slice((*byte)(unsafe.Pointer(&seconds)), 8), 0); err != nil {
		t.Fatal(err)
	}
}

// NewDayClock builds a relay with another time.Now: the seconds that descriptor 3
// holds are added to what the machine says. The time that passes is the machine's.
func NewDayClock(t testing.TB) *DayClock {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the clock is replaced as Linux has it")
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	original := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	const reading = "sec, nsec, mono := runtimeNow()\n"
	source := ReadFile(t, original)
	if strings.Count(source, reading) == 0 {
		t.Fatalf("%s reads the clock in another way than by %q", original, reading)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{
		original: write("time.go", strings.ReplaceAll(source, reading, reading+"\tsec += ahead()\n")),
		filepath.Join(filepath.Dir(original), "ahead.go"): write("ahead.go", `package time

import (
	"syscall"
	"unsafe"
)

// now is called where the runtime may not call the system: it is mapped once.
var mapped, _ = syscall.Mmap(3, 0, 8, syscall.PROT_READ, syscall.MAP_SHARED)

func ahead() int64 {
	if mapped == nil {
		return 0
	}
	return *(*int64)(unsafe.Pointer(&mapped[0]))
}
`),
	}})
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "relay")
	build := exec.Command("go", "build", "-overlay", write("overlay.json", string(overlay)), "-o", program, "relay/cmd/relay")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ahead, err := os.Create(filepath.Join(dir, "ahead"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ahead.Close() })
	clock := &DayClock{program, ahead}
	clock.Set(t, 0)
	return clock
}

// Start runs a relay that goes by the clock.
func (c *DayClock) Start(t testing.TB, toml string) *Relay {
	t.Helper()
	cmd := exec.Command(c.program, "-c", WriteFile(t, "relay.toml", toml))
	cmd.ExtraFiles = []*os.File{c.ahead}
	r := Launch(t, cmd)
	r.SourcePassword, r.AdminPassword = "hackme", "adminpass"
	return r
}
