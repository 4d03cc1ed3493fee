package harness

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// ShortHome returns a temporary directory for a program. Its path is shorter than that
// of t.TempDir, because some programs create sockets there.
func ShortHome(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "home-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// AtHome returns an environment whose home directory is home.
func AtHome(home string) []string {
	env := append(os.Environ(), "HOME="+home, "TMPDIR="+home)
	for _, name := range []string{"XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"} {
		env = append(env, name+"="+home)
	}
	return env
}

// nobody is the user and the group of programs that refuse to run as root.
const nobody = 65534

// NobodysHome is ShortHome for a command that runs AsNobody.
func NobodysHome(t testing.TB) string {
	t.Helper()
	dir := ShortHome(t)
	if os.Geteuid() == 0 {
		if err := os.Chown(dir, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// AsNobody makes a command run as another user if the tests run as root.
func AsNobody(cmd *exec.Cmd) {
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
}
