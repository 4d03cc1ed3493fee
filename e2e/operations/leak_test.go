package operations

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"relay/e2e/harness"
)

// descriptors returns how many descriptors the server has open.
func descriptors(t testing.TB, r *harness.Relay) int {
	t.Helper()
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", r.Cmd.Process.Pid))
	if err != nil {
		t.Skip(err) // not Linux
	}
	return len(entries)
}

// running returns how many goroutines the server has.
func running(t testing.TB, r *harness.Relay) (n int) {
	t.Helper()
	_, _, body := r.Request(t, "GET", "/admin/debug/pprof/goroutine?debug=1", "admin", r.AdminPassword)
	fmt.Sscanf(body, "goroutine profile: total %d", &n)
	return n
}

// Clients of every kind, however they end, leave nothing behind.
func TestNothingIsLeaked(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config+"[limits]\nheader_timeout = \"1s\"\nflush_interval = \"50ms\"\n[[mount]]\nname = \"/*\"\ngrace = \"100ms\"\n")
	lasting := r.Encode(t, "/lasting")
	lasting.Frames(t, 100)
	r.Get(t, "/")
	files, goroutines := descriptors(t, r), running(t, r)
	for i := range 100 {
		mount := fmt.Sprintf("/coming-%d", i)
		e := r.Encode(t, mount)
		e.Frames(t, 20)
		for _, mount := range []string{mount, "/lasting"} {
			r.Tune(t, mount, "Icy-MetaData: 1").Close()
		}
		r.Exchange(t, "nonsense\r\n\r\n")
		r.Exchange(t, "GET /nothere HTTP/1.0\r\n\r\n")
		r.Exchange(t, "PUT /lasting HTTP/1.1\r\nContent-Type: audio/mpeg\r\n\r\n")
		silent := r.Dial(t)
		io.WriteString(silent, "GET /lasting HTTP/1.1\r\nX-Unfinished: "+strings.Repeat("x", i))
		if i%2 == 0 {
			silent.Close()
		}
		e.Close()
		lasting.Frames(t, 1)
	}
	harness.Eventually(t, "all descriptors to be closed", func() bool {
		lasting.Frames(t, 1)
		return descriptors(t, r) <= files
	})
	harness.Eventually(t, "all goroutines to end", func() bool { return running(t, r) <= goroutines })
}
