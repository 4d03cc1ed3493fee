package operations

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"relay/e2e/harness"
)

const (
	// watched is the length of one measurement of an idle server.
	watched = 5 * time.Second

	// maxIdle is how many system calls a second an idle server may make, and
	// maxSleeps how often a second its threads may go to sleep; where there is no
	// strace, the latter bounds the calls.
	maxIdle, maxSleeps = 20, 20
)

// A server with nothing on the air should let the machine sleep. The measurement is
// repeated until it is low enough: the machine may have been busy, and a start leaves
// some work for later.
func TestIdleServerSleeps(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := harness.Start(t, harness.Config+"access_file = '"+dir+"/access.log'\n[history]\nfile = '"+dir+"/history.db'\n")
	pid := r.Cmd.Process.Pid
	harness.Eventually(t, fmt.Sprintf("the server to go to sleep less than %d times a second", maxSleeps), func() bool {
		before := sleeps(t, pid)
		time.Sleep(watched)
		rate := float64(sleeps(t, pid)-before) / watched.Seconds()
		t.Logf("the threads went to sleep %.1f times a second", rate)
		return rate < maxSleeps
	})
	if _, err := exec.LookPath("strace"); err != nil {
		t.Log("no strace: system calls are not counted")
		return
	}
	harness.Eventually(t, fmt.Sprintf("less than %d system calls a second", maxIdle), func() bool {
		calls, opened, err := systemCalls(t, pid)
		if err != nil {
			t.Logf("strace does not count: %v", err)
			return true
		}
		t.Logf("%.1f system calls a second, %.1f files opened", calls, opened)
		return calls < maxIdle && opened < 1
	})
}

// sleeps returns how often the threads of a process have gone to sleep.
func sleeps(t *testing.T, pid int) (n int) {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(threads) == 0 {
		t.Fatalf("no threads of %d: %v", pid, err)
	}
	for _, thread := range threads {
		text, _ := os.ReadFile(thread) // the thread may have ended
		_, rest, _ := strings.Cut(string(text), "\nvoluntary_ctxt_switches:")
		number, _, _ := strings.Cut(strings.TrimSpace(rest), "\n")
		switches, _ := strconv.Atoi(number)
		n += switches
	}
	return n
}

// systemCalls returns how many system calls a process makes and how many files it
// opens, per second.
func systemCalls(t *testing.T, pid int) (calls, opened float64, err error) {
	t.Helper()
	var said bytes.Buffer
	counts := filepath.Join(t.TempDir(), "counts")
	strace := exec.Command("strace", "-f", "-c", "-U", "name,calls", "-o", counts, "-p", strconv.Itoa(pid))
	strace.Stderr = &said
	if err := strace.Start(); err != nil {
		return 0, 0, err
	}
	time.Sleep(watched)
	strace.Process.Signal(syscall.SIGINT)
	strace.Wait() // it has ended by the signal
	text, err := os.ReadFile(counts)
	if err != nil || !strings.Contains(string(text), "total") {
		return 0, 0, fmt.Errorf("%s: %s %v", counts, said.String(), err)
	}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) != 2 {
			continue
		}
		n, _ := strconv.ParseFloat(words[1], 64)
		switch words[0] {
		case "total":
			calls = n
		case "open", "openat":
			opened += n
		}
	}
	return calls / watched.Seconds(), opened / watched.Seconds(), nil
}
