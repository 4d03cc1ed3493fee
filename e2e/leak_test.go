package e2e

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

// descriptors returns how many files the server has open.
func (r *relay) descriptors(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", r.cmd.Process.Pid))
	if err != nil {
		t.Skip(err) // not Linux
	}
	return len(entries)
}

// goroutines returns how many goroutines the server has.
func (r *relay) goroutines(t testing.TB) (n int) {
	t.Helper()
	_, _, body := r.request(t, "GET", "/admin/debug/pprof/goroutine?debug=1", "admin", r.adminPassword)
	fmt.Sscanf(body, "goroutine profile: total %d", &n)
	return n
}

// Whatever comes and goes, however it ends, leaves nothing behind.
func TestNothingIsLeaked(t *testing.T) {
	r := start(t, config+"[limits]\nheader_timeout = \"1s\"\nflush_interval = \"50ms\"\n[[mount]]\nname = \"/*\"\ngrace = \"100ms\"\n")
	lasting := r.encode(t, "/lasting")
	lasting.frames(t, 100)
	r.get(t, "/")
	files, goroutines := r.descriptors(t), r.goroutines(t)
	for i := range 100 {
		mount := fmt.Sprintf("/coming-%d", i)
		e := r.encode(t, mount)
		e.frames(t, 20)
		for _, mount := range []string{mount, "/lasting"} {
			r.tune(t, mount, "Icy-MetaData: 1").Close()
		}
		r.exchange(t, "nonsense\r\n\r\n")
		r.exchange(t, "GET /nothere HTTP/1.0\r\n\r\n")
		r.exchange(t, "PUT /lasting HTTP/1.1\r\nContent-Type: audio/mpeg\r\n\r\n")
		silent := r.dial(t)
		io.WriteString(silent, "GET /lasting HTTP/1.1\r\nX-Unfinished: "+strings.Repeat("x", i))
		if i%2 == 0 {
			silent.Close()
		}
		e.Close()
		lasting.frames(t, 1)
	}
	eventually(t, "all descriptors to be closed", func() bool {
		lasting.frames(t, 1)
		return r.descriptors(t) <= files
	})
	eventually(t, "all goroutines to end", func() bool { return r.goroutines(t) <= goroutines })
}
