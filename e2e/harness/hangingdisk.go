package harness

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// HangingDisk is a file system that can stop answering, like a network file system
// whose server is gone. Its files can be read, not written, and nothing can be
// created. The test process serves it (FUSE, /dev/fuse).
type HangingDisk struct {
	Dir string

	hangs atomic.Bool
	fuse  *os.File
	uid   uint32

	mu    sync.Mutex
	names []string // of files; number i is node i+2
	texts []string
	asked []string // names of requests that got no answer
}

// NewHangingDisk mounts a disk with files (text by name) in a temporary directory, and
// unmounts it when the test ends. It answers until Hang is called. On systems other than
// Linux the test is skipped; if the disk cannot be mounted, see Missing.
func NewHangingDisk(t testing.TB, files map[string]string) *HangingDisk {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("file systems are mounted as on Linux")
	}
	fuse, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
	if err != nil {
		Missing(t, "no file system can be mounted: %v", err)
	}
	d := &HangingDisk{Dir: t.TempDir(), fuse: fuse, uid: uint32(os.Getuid())}
	for name, text := range files {
		d.names, d.texts = append(d.names, name), append(d.texts, text)
	}
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=%d,group_id=%d,allow_other", fuse.Fd(), d.uid, os.Getgid())
	if err := mountFuse(d.Dir, options); err != nil {
		fuse.Close()
		Missing(t, "no file system can be mounted: %v", err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		d.serve()
	}()
	t.Cleanup(func() {
		unmountFuse(d.Dir) // fails all waiting requests and ends serve
		<-served
		fuse.Close()
	})
	return d
}

// Path returns the path of a file on the disk.
func (d *HangingDisk) Path(name string) string { return filepath.Join(d.Dir, name) }

// Hang stops all further answers.
func (d *HangingDisk) Hang() { d.hangs.Store(true) }

// Asked reports whether there was a request for a file that got no answer.
func (d *HangingDisk) Asked(name string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Contains(d.asked, name)
}

// The FUSE operations with an answer (linux/fuse.h).
const (
	fuseLookup     = 1
	fuseForget     = 2
	fuseGetattr    = 3
	fuseMknod      = 8
	fuseMkdir      = 9
	fuseUnlink     = 10
	fuseRename     = 12
	fuseOpen       = 14
	fuseRead       = 15
	fuseRelease    = 18
	fuseFlush      = 25
	fuseInit       = 26
	fuseOpendir    = 27
	fuseReaddir    = 28
	fuseReleasedir = 29
	fuseCreate     = 35
	fuseInterrupt  = 36
	fuseBatch      = 42 // forget
)

// fuseRequest is the header of every request.
type fuseRequest struct {
	Len, Opcode             uint32
	Unique, Node            uint64
	UID, GID, PID, Reserved uint32
}

// serve answers requests until the disk is unmounted.
func (d *HangingDisk) serve() {
	buf := make([]byte, 1<<20)
	for {
		n, err := syscall.Read(int(d.fuse.Fd()), buf)
		switch {
		case err == syscall.EINTR || err == syscall.EAGAIN || err == syscall.ENOENT:
			continue
		case err != nil:
			return
		}
		var r fuseRequest
		if _, err := binary.Decode(buf[:n], binary.NativeEndian, &r); err != nil {
			return
		}
		body := buf[binary.Size(r):n]
		switch r.Opcode {
		case fuseForget, fuseBatch:
			continue // these have no answer
		case fuseInterrupt: // a killed process must not hang, as with NFS
			d.reply(binary.NativeEndian.Uint64(body), nil, syscall.EINTR)
			continue
		}
		if d.hangs.Load() && !closes(r.Opcode) && r.Opcode != fuseInit {
			d.note(r, body)
			continue
		}
		answer, errno := d.answer(r, body)
		d.reply(r.Unique, answer, errno)
	}
}

// closes reports whether an operation closes a file. As with NFS, closing a file that
// was read does not wait for the disk: otherwise a process could not end, not even
// when killed.
func closes(opcode uint32) bool {
	return opcode == fuseFlush || opcode == fuseRelease || opcode == fuseReleasedir
}

// reply answers a request. The process that asked may be gone.
func (d *HangingDisk) reply(unique uint64, answer []byte, errno syscall.Errno) {
	head := struct {
		Len    uint32
		Error  int32
		Unique uint64
	}{Error: -int32(errno), Unique: unique}
	head.Len = uint32(binary.Size(head) + len(answer))
	message, _ := binary.Append(nil, binary.NativeEndian, head)
	syscall.Write(int(d.fuse.Fd()), append(message, answer...))
}

// note records the name that a request is for.
func (d *HangingDisk) note(r fuseRequest, body []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch i := int(r.Node) - 2; {
	case r.Opcode == fuseLookup:
		name, _, _ := bytes.Cut(body, []byte{0})
		d.asked = append(d.asked, string(name))
	case i >= 0 && i < len(d.names):
		d.asked = append(d.asked, d.names[i])
	}
}

// fuseAttr has the attributes of a file.
type fuseAttr struct {
	Ino, Size, Blocks, Atime, Mtime, Ctime    uint64
	AtimeNsec, MtimeNsec, CtimeNsec           uint32
	Mode, Nlink, UID, GID, Rdev, Block, Flags uint32
}

func (d *HangingDisk) attr(node uint64) fuseAttr {
	a := fuseAttr{Ino: node, Atime: 1e9, Mtime: 1e9, Ctime: 1e9, Mode: syscall.S_IFDIR | 0o755, Nlink: 2, UID: d.uid, Block: 4096}
	if node > 1 {
		a.Mode, a.Nlink, a.Size = syscall.S_IFREG|0o600, 1, uint64(len(d.texts[node-2]))
	}
	return a
}

func (d *HangingDisk) answer(r fuseRequest, body []byte) (answer []byte, errno syscall.Errno) {
	encode := func(values ...any) ([]byte, syscall.Errno) {
		var out []byte
		for _, v := range values {
			out, _ = binary.Append(out, binary.NativeEndian, v)
		}
		return out, 0
	}
	if r.Node > uint64(len(d.names))+1 {
		return nil, syscall.ENOENT
	}
	switch r.Opcode {
	case fuseInit:
		return encode([]uint32{7, 31, 0, 0}, []uint16{12, 9}, []uint32{4096, 1}, []uint16{1, 0}, make([]uint32, 8))
	case fuseLookup:
		name, _, _ := bytes.Cut(body, []byte{0})
		i := slices.Index(d.names, string(name))
		if i < 0 {
			return nil, syscall.ENOENT
		}
		node := uint64(i) + 2 // with a validity of 0, so that the kernel asks again each time
		return encode([]uint64{node, 0, 0, 0}, []uint32{0, 0}, d.attr(node))
	case fuseGetattr:
		return encode(uint64(0), []uint32{0, 0}, d.attr(r.Node))
	case fuseOpen, fuseOpendir:
		return encode(uint64(0), []uint32{1, 0}) // opened without the kernel's cache
	case fuseRead:
		var in struct {
			Handle, Offset uint64
			Size           uint32
		}
		binary.Decode(body, binary.NativeEndian, &in)
		text := d.texts[r.Node-2]
		from := min(in.Offset, uint64(len(text)))
		return []byte(text[from:min(from+uint64(in.Size), uint64(len(text)))]), 0
	case fuseReaddir:
		var in struct{ Handle, Offset uint64 }
		binary.Decode(body, binary.NativeEndian, &in)
		for i := int(in.Offset); i < len(d.names); i++ {
			name := d.names[i]
			entry, _ := encode(uint64(i)+2, uint64(i)+1, uint32(len(name)), uint32(syscall.S_IFREG>>12), []byte(name))
			answer = append(answer, entry...)
			answer = append(answer, make([]byte, (8-len(name)%8)%8)...)
		}
		return answer, 0
	case fuseRelease, fuseReleasedir, fuseFlush:
		return nil, 0
	case fuseMknod, fuseMkdir, fuseUnlink, fuseRename, fuseCreate:
		return nil, syscall.EROFS
	}
	return nil, syscall.ENOSYS
}
