package harness

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// A Browser opens pages without a window. Pages may play audio without a click, and all
// traffic stays on this machine.
type Browser struct {
	Name, Command string
	args          func(home, page string) []string
}

// Chromium and Firefox are the browsers that people use.
var (
	Chromium = Browser{"Chromium", "chromium", func(home, page string) []string {
		return []string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
			"--disable-background-networking", "--disable-component-update", "--disable-sync", "--proxy-server=127.0.0.1:9",
			"--autoplay-policy=no-user-gesture-required", "--user-data-dir=" + home, "--remote-debugging-port=0", page}
	}}
	Firefox = Browser{"Firefox", "firefox-esr", func(home, page string) []string {
		return []string{"--headless", "--no-remote", "--profile", home, page}
	}}
)

// firefoxPrefs let a page play without a click, and keep all traffic on this machine:
// everything that is not local goes to a proxy that does not exist.
const firefoxPrefs = `
user_pref("media.autoplay.default", 0);
user_pref("network.proxy.type", 1);
user_pref("network.proxy.http", "127.0.0.1");
user_pref("network.proxy.http_port", 9);
user_pref("network.proxy.ssl", "127.0.0.1");
user_pref("network.proxy.ssl_port", 9);
`

// Program returns the path of the browser. Run by root, Chromium raises its own priority so
// far that servers and sources on a busy machine stand still for seconds: that right is taken
// away from it.
func (b Browser) Program(t testing.TB) string {
	t.Helper()
	command := Program(t, b.Command)
	if _, err := exec.LookPath("setpriv"); err != nil || os.Geteuid() != 0 || b.Command != Chromium.Command {
		return command
	}
	modest, err := filepath.Abs(filepath.Join("..", "harness", "testdata", "chromium")) // from a package in e2e
	if err != nil {
		t.Fatal(err)
	}
	return modest
}

// Open opens a page in a new browser, which ends with the test.
func (b Browser) Open(t testing.TB, page string) {
	t.Helper()
	command := b.Program(t)
	home := ShortHome(t)
	if err := os.WriteFile(filepath.Join(home, "user.js"), []byte(firefoxPrefs), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(command, b.args(home, page)...)
	cmd.Env = AtHome(home)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		cmd.Wait()
	})
}
