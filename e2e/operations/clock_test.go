package operations

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"relay/e2e/harness"
)

// dayClock is a clock of the day that a relay of its own goes by. The machine's
// is left alone.
type dayClock struct{ ahead *os.File }

// set sets it ahead of the machine's, or behind.
func (c dayClock) set(t *testing.T, ahead time.Duration) {
	t.Helper()
	seconds := int64(ahead / time.Second)
	if _, err := c.ahead.WriteAt(unsafe.Slice((*byte)(unsafe.Pointer(&seconds)), 8), 0); err != nil {
		t.Fatal(err)
	}
}

// withDayClock runs a relay that was built with another time.Now: the seconds
// that descriptor 3 holds are added to what the machine says. The time that
// passes is the machine's.
func withDayClock(t *testing.T, toml string) (*harness.Relay, dayClock) {
	t.Helper()
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
	source := harness.ReadFile(t, original)
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
	clock := dayClock{ahead}
	clock.set(t, 0)
	cmd := exec.Command(program, "-c", write("relay.toml", toml))
	cmd.ExtraFiles = []*os.File{ahead}
	r := harness.Launch(t, cmd)
	r.SourcePassword, r.AdminPassword = "hackme", "adminpass"
	return r, clock
}

// Nobody hears the clock being set, nothing is deleted because of it, and the
// log says so.
func TestClockIsSet(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the clock is replaced as Linux has it")
	}
	dir := t.TempDir()
	shelve := func(name string, age time.Duration) string {
		path, ended := filepath.Join(dir, name), time.Now().Add(-age)
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, ended, ended); err != nil {
			t.Fatal(err)
		}
		return path
	}
	exists := func(path string) bool {
		_, err := os.Stat(path)
		return err == nil
	}
	r, clock := withDayClock(t, harness.Config+"[[mount]]\nname = '/live'\nrecord_dir = '"+dir+"'\nrecord_keep = '24h'\n")
	young := shelve("live-2020-01-02T00-00-00Z.mp3", time.Hour)
	e := r.Encode(t, "/live")
	stop, played := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(played)
		e.Play(stop)
	}()
	p := r.Tune(t, "/live", "Icy-MetaData: 1")
	heard := uint64(0)
	hear := func(more uint64) {
		t.Helper()
		p.SetReadDeadline(time.Now().Add(harness.Patience))
		first, end, err := p.InOrder(heard + more)
		if err != nil || heard > 0 && first != heard+1 {
			t.Fatalf("after frame %d the listener heard %d to %d: %v", heard, first, end, err)
		}
		heard = end
	}
	hear(50)
	const year = 365 * 24 * time.Hour
	for i, step := range []struct {
		ahead time.Duration
		says  string
	}{
		{year, "the clock was set forward"},
		{-year, "the clock was set back"},
		{0, "the clock was set forward"},
	} {
		lines := strings.Count(r.Log.String(), step.says)
		clock.set(t, step.ahead)
		harness.Eventually(t, "the log to say that "+step.says, func() bool { return strings.Count(r.Log.String(), step.says) > lines })
		hear(100)
		title := fmt.Sprint("Title ", i)
		r.SetTitle(t, "/live", title)
		harness.Eventually(t, "the title", func() bool {
			hear(10)
			return p.Title == title
		})
		r.Tune(t, "/live").Close()
		old := shelve(fmt.Sprintf("live-2020-01-01T00-00-0%dZ.mp3", i), 3*year)
		r.Cmd.Process.Signal(syscall.SIGHUP) // upon which old recordings are looked for
		harness.Eventually(t, "an old recording to go", func() bool { return !exists(old) })
		if !exists(young) {
			t.Fatal("a young recording was deleted")
		}
	}
	for path, want := range map[string]string{"/api/v1/mounts/live": `"live"`, "/api/v1/reports/titles": "Title 2", "/admin/stats": "Title 2"} {
		harness.Eventually(t, path+" to say "+want, func() bool {
			status, body := r.Admin(t, path)
			return status == 200 && strings.Contains(body, want)
		})
	}
	close(stop)
	<-played
	if n := r.Left("/live"); n != 0 {
		t.Errorf("the source was dropped %d times", n)
	}
}
