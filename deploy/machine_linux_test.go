package deploy

import (
	"bytes"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// machine is a copy of this one for a test to change: its files are those of this
// one, with an overlay that takes what is written, and it has a loopback network
// of its own. It ends with the test, however that ends: the kernel keeps it only
// for the thread of the test, whose goroutine alone may use it, and no subtest.
type machine struct {
	root    string   // where its files are
	changes string   // what has been written to it, for the kernel's overlay
	setUp   []string // paths that the test itself has changed
}

// needRoot skips the test of who cannot have a machine, or fails it where
// everything must be there.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		missing(t, errors.New("only root can make a machine to install on"))
	}
}

// newMachine needs root and Linux. From then on the test reaches no network but
// the machine's.
func newMachine(t *testing.T) *machine {
	t.Helper()
	needRoot(t)
	dir := t.TempDir()
	m := &machine{root: dir + "/root", changes: dir + "/changes"}
	runtime.LockOSThread() // for good: the thread ends with the goroutine
	if err := unix.Unshare(unix.CLONE_NEWNS | unix.CLONE_NEWNET); err != nil {
		missing(t, err)
	}
	mount := func(what, where, kind string, flags uintptr, options string) {
		t.Helper()
		if err := unix.Mount(what, where, kind, flags, options); err != nil {
			t.Fatalf("mount %s: %v", where, err)
		}
	}
	mount("none", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
	mount("tmpfs", dir, "tmpfs", 0, "")
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	for _, folder := range []string{"root", "changes", "work"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	mount("overlay", m.root, "overlay", 0, "lowerdir=/,upperdir="+m.changes+",workdir="+dir+"/work")
	mount("/proc", m.root+"/proc", "", unix.MS_BIND, "")
	mount("/dev", m.root+"/dev", "", unix.MS_BIND, "")
	mount("tmpfs", m.root+"/run", "tmpfs", 0, "mode=755")
	mount("tmpfs", m.root+"/tmp", "tmpfs", 0, "mode=1777")
	startLoopback(t)
	return m
}

func startLoopback(t *testing.T) {
	t.Helper()
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(socket)
	loopback, err := unix.NewIfreq("lo")
	if err != nil {
		t.Fatal(err)
	}
	loopback.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, loopback); err != nil {
		t.Fatal(err)
	}
}

// command is a program to run on the machine.
func (m *machine) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command("/usr/bin/env", append([]string{name}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: m.root}
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8"}
	return cmd
}

// run returns what a program says, which must succeed.
func (m *machine) run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := m.command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// as lets a program run as a user of the machine.
func (m *machine) as(t *testing.T, user string, cmd *exec.Cmd) {
	t.Helper()
	for line := range strings.Lines(m.read(t, "/etc/passwd")) {
		if f := strings.Split(line, ":"); f[0] == user {
			uid, _ := strconv.Atoi(f[2])
			gid, _ := strconv.Atoi(f[3])
			cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
			return
		}
	}
	t.Fatalf("there is no user %s", user)
}

func (m *machine) read(t *testing.T, path string) string {
	t.Helper()
	return read(t, m.root+path)
}

func (m *machine) write(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(m.root+path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(m.root+path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(m.root+path, mode); err != nil {
		t.Fatal(err)
	}
}

// has reports whether there is something at path.
func (m *machine) has(path string) bool {
	return exists(m.root + path)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// changed lists what is on the machine and was not there before, or is another.
func (m *machine) changed(t *testing.T) []string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(m.changes, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		path = strings.TrimPrefix(path, m.changes)
		if entry.IsDir() {
			if path != "" && !exists(path) {
				paths = append(paths, path)
			}
			return nil
		}
		was, errWas := os.ReadFile(path)
		is, errIs := os.ReadFile(m.changes + path)
		if errWas != nil || errIs != nil || !bytes.Equal(was, is) {
			paths = append(paths, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// dial connects to a port of the machine.
func (m *machine) dial(t *testing.T, port string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}
