package harness

import "syscall"

func mountFuse(dir, options string) error {
	return syscall.Mount("relay-test", dir, "fuse", syscall.MS_NOSUID|syscall.MS_NODEV, options)
}

func unmountFuse(dir string) { syscall.Unmount(dir, syscall.MNT_DETACH|syscall.MNT_FORCE) }
