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

// Real players join at any place of a stream whose frames lean on earlier
// ones, and have nothing to complain about.
func TestRealPlayers(t *testing.T) {
	r := start(t, config)
	audio, err := os.ReadFile(toneFile(t, 440, time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	e := r.encode(t, "/live", "ice-name: Test Radio")
	stop := make(chan struct{})
	t.Cleanup(func() { close(stop) })
	go func() { // 128 kbit/s in real time, after a burst
		e.SetDeadline(time.Time{})
		e.Write(audio[:80000])
		for rest := audio[80000:]; len(rest) > 1600; rest = rest[1600:] {
			select {
			case <-stop:
				return
			case <-time.After(100 * time.Millisecond):
				e.Write(rest[:1600])
			}
		}
	}()
	eventually(t, "the source", func() bool { return r.source(t, "/live").BitRate == 128 })

	t.Run("ffmpeg", func(t *testing.T) {
		for range 5 {
			out, err := exec.Command(program(t, "ffmpeg"), "-v", "warning", "-xerror", "-i", r.url("/live"), "-t", "5", "-f", "null", "-").CombinedOutput()
			if err != nil || len(out) > 0 {
				t.Errorf("ffmpeg: %v\n%s", err, out)
			}
		}
	})
	t.Run("mpg123", func(t *testing.T) {
		for range 5 {
			out, err := exec.Command(program(t, "mpg123"), "-q", "-t", "-n", "150", r.url("/live")).CombinedOutput()
			if err != nil || len(out) > 0 {
				t.Errorf("mpg123: %v\n%s", err, out)
			}
		}
	})
	t.Run("mpv", func(t *testing.T) {
		out, err := exec.Command(program(t, "mpv"), "--no-config", "--ao=null", "--length=3", "--msg-level=all=warn", r.url("/live")).CombinedOutput()
		if err != nil || len(out) > 0 {
			t.Errorf("mpv: %v\n%s", err, out)
		}
	})
	t.Run("curl", func(t *testing.T) {
		out, err := exec.Command(program(t, "curl"), "-sS", "-m", "2", r.url("/live")).Output()
		if len(out) < 64<<10 {
			t.Errorf("curl got %d bytes, %v", len(out), err)
		}
		if got := pitch(decode(t, out)); got < 435 || got > 445 {
			t.Errorf("%.1f Hz", got)
		}
	})
	t.Run("playlist in mpg123", func(t *testing.T) {
		out, err := exec.Command(program(t, "mpg123"), "-q", "-t", "-n", "100", "-@", r.url("/live.m3u")).CombinedOutput()
		if err != nil || len(out) > 0 {
			t.Errorf("mpg123: %v\n%s", err, out)
		}
	})
}
