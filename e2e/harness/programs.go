package harness

import (
	"fmt"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

// FFmpeg starts an ffmpeg that sends a tone to a mount in real time, and returns its
// process, which is killed when the test ends.
func (r *Relay) FFmpeg(t testing.TB, mount string, hertz, kilobits int) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(Program(t, "ffmpeg"), "-v", "error", "-re", "-f", "lavfi", "-i", Sine(hertz, time.Hour),
		"-ac", "2", "-c:a", "libmp3lame", "-b:a", strconv.Itoa(kilobits)+"k", "-content_type", "audio/mpeg", "-ice_name", fmt.Sprintf("encoder %d", hertz),
		"-f", "mp3", fmt.Sprintf("icecast://source:%s@%s%s", r.SourcePassword, r.Addr, mount))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return cmd
}

// KeepRunning starts a command, which is killed when the test ends. If the test has
// failed, the last lines of its output are logged.
func KeepRunning(t testing.TB, cmd *exec.Cmd) *exec.Cmd {
	t.Helper()
	var out Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", cmd.Path, Tail(out.String(), 30))
		}
	})
	return cmd
}
