package conf

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A user is told about files that only another user may read or write.
func TestPlacesOfOthers(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root has files that others may not read")
	}
	dir, err := os.MkdirTemp("/tmp", "places") // other users may not enter the test's own folder
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for _, err := range []error{
		os.Chmod(dir, 0o755),
		os.Mkdir(filepath.Join(dir, "closed"), 0o700),
		os.Mkdir(filepath.Join(dir, "listed"), 0o744),
		os.WriteFile(filepath.Join(dir, "secret"), nil, 0o600),
		os.WriteFile(filepath.Join(dir, "shown"), nil, 0o644),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread ends together with its user
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, 65534, 65534, 65534); errno != 0 {
			t.Error(errno)
			return
		}
		for _, test := range []struct {
			check      func(string) error
			name, want string
		}{
			{readable, "shown", ""},
			{readable, "secret", "cannot be read by user 65534: permission denied"},
			{readable, "closed", "cannot be read"},
			{readable, "listed", "cannot be read"},
			{readableFile, "closed/below", "cannot be read"},
			{writableFile, "shown", "cannot be written by user 65534: permission denied; change its owner"},
			{writableFile, "new", "cannot be written"},
			{writableFolder, "closed", "cannot be written"},
			{writableFolder, "new", "cannot be written"},
			{writableFileInNewFolder, "new/access.log", "cannot be written"},
			{writableNewFolder, "new/acme", "cannot be written"},
		} {
			err := test.check(filepath.Join(dir, test.name))
			if (err != nil) != (test.want != "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: got %v, want %q", test.name, err, test.want)
			}
		}
	}()
	<-done
}
