package faults

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

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

// fill writes to a pipe until it is full.
func fill(t *testing.T, out *os.File) {
	t.Helper()
	fd := int(out.Fd()) // this makes the pipe blocking
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

			// The reader returns, and has missed nothing yet.
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

// A log that cannot be written does not take the server off the air.
func TestALogThatBreaksEndsNothing(t *testing.T) {
	for _, c := range []struct {
		name string
		log  func(*testing.T) *os.File
	}{
		{"a broken pipe", func(t *testing.T) *os.File {
			in, out := pipe(t)
			in.Close()
			return out
		}},
		{"a pipe of which one line is read", func(t *testing.T) *os.File {
			in, out := pipe(t)
			go func() {
				bufio.NewReaderSize(in, 16).ReadString('\n')
				in.Close()
			}()
			return out
		}},
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
	t.Run("closed", func(t *testing.T) {
		t.Parallel()
		addr := harness.FreePort(t)
		cmd := exec.Command("sh", "-c", `exec "$0" "$@" >&- 2>&-`, harness.Binary, "-c", harness.WriteFile(t, "relay.toml", configuration), "-listen", addr)
		s := open(t, harness.LaunchMute(t, cmd, addr))
		s.changesHands(t)
		s.endsInTime(t)
	})
}

// An encoder whose pipe breaks is ended by SIGPIPE as usual, though the server
// ignores that signal.
func TestEncodersAreEndedByBrokenPipes(t *testing.T) {
	t.Parallel()
	status := filepath.Join(t.TempDir(), "status")
	r := harness.Start(t, configuration+`
[[mount.rendition]]
name = "/low"
bitrate = 64
command = "grep SigIgn: /proc/self/status > `+status+`; cat > /dev/null"
`)
	if _, err := os.Stat("/proc/self/status"); err != nil {
		harness.Missing(t, "there is no /proc/self/status")
	}
	r.Broadcast(t, "/live", dj)
	var ignored uint64
	harness.Eventually(t, "the encoder to start", func() bool {
		_, err := fmt.Sscanf(harness.ReadFile(t, status), "SigIgn: %x", &ignored)
		return err == nil
	})
	if ignored&(1<<(syscall.SIGPIPE-1)) != 0 {
		t.Errorf("the encoder ignores SIGPIPE: %x", ignored)
	}
}

// access.log may be a pipe to another program.
func TestAnAccessLogThatBlocksHoldsUpNobody(t *testing.T) {
	t.Parallel()
	fifo := filepath.Join(t.TempDir(), "access.log")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, harness.Start(t, configuration+"[log]\naccess_file = '"+fifo+"'\n"))
	s.changesHands(t)
	s.endsInTime(t)
}

// The log says why a start failed before the process ends, even if the log is slow.
func TestAStartThatFailsSaysWhy(t *testing.T) {
	t.Parallel()
	config := harness.WriteFile(t, "relay.toml", configuration)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for range 10 {
		var said harness.Buffer
		cmd := exec.Command(harness.Binary, "-c", config, "-listen", taken.Addr().String())
		cmd.Stderr = &said
		if err := cmd.Run(); err == nil || !strings.Contains(said.String(), "the port is in use") {
			t.Fatalf("%v: %q", err, said.String())
		}
	}

	_, out := pipe(t)
	fill(t, out)
	cmd := exec.Command(harness.Binary, "-c", config, "-listen", taken.Addr().String())
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		if cmd.ProcessState.ExitCode() != 1 {
			t.Errorf("ended with %v", err)
		}
	case <-time.After(harness.Patience):
		cmd.Process.Kill()
		t.Error("shutdown took too long")
	}
}
