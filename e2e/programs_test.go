package e2e

import (
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

func itoa(n int) string { return strconv.Itoa(n) }

// keepRunning starts a command that runs until the test ends.
func keepRunning(t testing.TB, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	var out lockedBuffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", cmd.Path, tail(out.String(), 30))
		}
	})
	return cmd
}

// feed runs a program with a file for its standard input, in real time as
// encoders send.
func feed(t testing.TB, cmd *exec.Cmd, path string) {
	t.Helper()
	audio, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		for len(audio) > 0 {
			n, err := in.Write(audio[:min(1600, len(audio))])
			if err != nil {
				return
			}
			audio = audio[n:]
			time.Sleep(100 * time.Millisecond)
		}
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
}
