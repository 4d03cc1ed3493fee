package faults

import (
	"bufio"
	"os"
	"strings"
	"syscall"
	"testing"

	"relay/e2e/harness"
)

// pipe returns both ends of a pipe, which are closed when the test ends.
func pipe(t *testing.T) (in, out *os.File) {
	t.Helper()
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		out.Close()
	})
	return in, out
}

// fill writes to a pipe until it takes no more.
func fill(t *testing.T, out *os.File) {
	t.Helper()
	fd := int(out.Fd()) // which blocks from now on
	if err := syscall.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{4096, 1} {
		for {
			if _, err := syscall.Write(fd, []byte(strings.Repeat("\n", size))); err != nil {
				break
			}
		}
	}
	if err := syscall.SetNonblock(fd, false); err != nil {
		t.Fatal(err)
	}
}

// lost returns how many lines of its log the server has counted as lost.
func lost(t *testing.T, r *harness.Relay) float64 {
	t.Helper()
	_, _, metrics := r.Get(t, "/metrics")
	n, ok := harness.Metric(metrics, "relay_log_lines_lost_total")
	if !ok {
		t.Fatal("lost lines are not counted")
	}
	return n
}

func TestALogThatBlocksHoldsUpNobody(t *testing.T) {
	for _, c := range []struct {
		name           string
		stdout, stderr bool // block
	}{
		{"stderr", false, true},
		{"stdout and stderr", true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in, out := pipe(t)
			fill(t, out)
			null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer null.Close()
			stdout := null
			if c.stdout {
				stdout = out
			}
			s := open(t, startMute(t, stdout, out, ""))
			s.changesHands(t)

			// The reader comes back, and misses nothing yet.
			out.Close()
			lines := bufio.NewScanner(in)
			missing := []string{"source connected", "source left", "source connected"}
			for len(missing) > 0 && lines.Scan() {
				if strings.Contains(lines.Text(), missing[0]) {
					missing = missing[1:]
				}
			}
			if len(missing) > 0 {
				t.Errorf("the log does not say %q: %v", missing, lines.Err())
			}
			if n := lost(t, s.Relay); n > 0 {
				t.Errorf("%v lines were lost", n)
			}
			s.endsInTime(t)
		})
	}
}

func TestTheEndWithALogThatBlocks(t *testing.T) {
	t.Parallel()
	_, out := pipe(t)
	fill(t, out)
	s := open(t, startMute(t, out, out, ""))
	s.endsInTime(t)
}

// A log that is gone is no reason to go off the air.
func TestALogThatBreaksEndsNothing(t *testing.T) {
	brokenPipe := func(t *testing.T) *os.File {
		in, out := pipe(t)
		in.Close()
		return out
	}
	for _, c := range []struct {
		name string
		log  func(*testing.T) *os.File
	}{
		{"a broken pipe", brokenPipe},
		{"a full disk", func(t *testing.T) *os.File {
			full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			if err != nil {
				harness.Missing(t, "there is no /dev/full")
			}
			t.Cleanup(func() { full.Close() })
			return full
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			log := c.log(t)
			s := open(t, startMute(t, log, log, ""))
			s.changesHands(t)
			if lost(t, s.Relay) == 0 {
				t.Error("no line was lost")
			}
			s.endsInTime(t)
		})
	}
}
