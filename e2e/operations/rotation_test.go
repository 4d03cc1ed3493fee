package operations

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"relay/e2e/harness"
)

// logrotate loses no line of a log in either of its modes: after a move and SIGHUP
// there is a new file with the old name, and a truncated file begins with a line.
func TestLogsAreRotatedByOthers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	addr := harness.FreePort(t)
	toml := strings.Replace(harness.Config, "127.0.0.1:0", addr, 1) +
		"access_file = '" + path("access.log") + "'\nplaylist_file = '" + path("playlist.log") + "'\n"
	if err := os.WriteFile(path("relay.toml"), []byte(toml), 0o600); err != nil {
		t.Fatal(err)
	}
	own, err := os.Create(path("relay.log")) // like "2> relay.log" of a shell: not opened for appending
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	cmd := exec.Command(harness.Binary, "-c", path("relay.toml"))
	cmd.Stderr = own
	r := harness.LaunchMute(t, cmd, addr)
	e := r.Encode(t, "/live")
	e.Frames(t, 50)

	n := 0
	use := func() (said map[string]string) {
		n++
		title, page := fmt.Sprint("Title ", n), fmt.Sprint("/page", n)
		e.Frames(t, 5)
		r.SetTitle(t, "/live", title)
		e.Frames(t, 5)
		r.Get(t, page)
		r.Cmd.Process.Signal(syscall.SIGHUP)
		return map[string]string{"access.log": page, "playlist.log": title, "relay.log": title}
	}
	has := func(name, text string) {
		t.Helper()
		harness.Eventually(t, text+" in "+name, func() bool { return strings.Contains(harness.ReadFile(t, path(name)), text) })
		if strings.ContainsRune(harness.ReadFile(t, path(name)), 0) {
			t.Errorf("%s begins with zeros: %.100q", name, harness.ReadFile(t, path(name)))
		}
	}
	for name, text := range use() {
		has(name, text)
	}
	for range 2 { // a file that relay has created, and one that was truncated
		for _, name := range []string{"access.log", "playlist.log", "relay.log"} {
			if err := os.Truncate(path(name), 0); err != nil {
				t.Fatal(err)
			}
		}
		for name, text := range use() {
			has(name, text)
			if lines := strings.Count(harness.ReadFile(t, path(name)), "Title 1\n"); lines > 0 {
				t.Errorf("%s was not cut", name)
			}
		}
	}
	for round, mode := range []os.FileMode{0, 0o640} { // logrotate's "nocreate" and "create"
		for _, name := range []string{"access.log", "playlist.log"} {
			if err := os.Rename(path(name), path(fmt.Sprint(name, ".", round))); err != nil {
				t.Fatal(err)
			}
			if mode != 0 {
				if err := os.WriteFile(path(name), nil, mode); err != nil {
					t.Fatal(err)
				}
			}
		}
		r.Cmd.Process.Signal(syscall.SIGHUP)
		said := use()
		for _, name := range []string{"access.log", "playlist.log"} {
			has(name, said[name])
			if old := harness.ReadFile(t, path(fmt.Sprint(name, ".", round))); strings.Contains(old, said[name]) {
				t.Errorf("lines after the move are in the moved %s: %q", name, old)
			}
		}
	}
}
