package players

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"relay/e2e/harness"
)

// needsPrograms skips a test with real programs unless long tests should run, or a
// stretch was asked for.
func needsPrograms(t *testing.T) {
	if *stretchFlag == 0 {
		harness.NeedsLong(t)
	}
}

// diary is what a program says, and how often it says something that matters.
type diary struct {
	harness.Buffer
	matters *regexp.Regexp
	machine *pressure
	said    atomic.Int64 // times, by a machine that was not too busy
	busy    atomic.Int64 // times, by one that was
}

// Write implements io.Writer.
func (d *diary) Write(p []byte) (int, error) {
	switch {
	case !d.matters.Match(p):
	case d.machine.high.Load():
		d.busy.Add(1)
	default:
		d.said.Add(1)
	}
	return d.Buffer.Write(p)
}

func TestProgramsNeverRunDry(t *testing.T) {
	needsPrograms(t)
	t.Parallel()
	s, machine := onAir(t, ""), watchPressure(t)
	for _, kbits := range bitRates {
		run := func(name string, test func(t *testing.T)) {
			t.Run(fmt.Sprintf("%s %d kbit per s", name, kbits), func(t *testing.T) {
				t.Parallel()
				test(t)
			})
		}
		run("mpg123 -b 0", func(t *testing.T) {
			s.pipes(t, kbits, machine, "mpg123", "-q", "-b", "0", "--network", "internal", "-s")
		})
		run("mpv --cache=no", func(t *testing.T) {
			s.pipes(t, kbits, machine, "mpv", "--no-config", "--no-terminal", "--no-video", "--cache=no", "--audio-format=s16", "--audio-channels=stereo",
				"--ao=pcm", "--ao-pcm-waveheader=no", "--ao-pcm-file=/dev/stdout")
		})
		run("MPD", func(t *testing.T) { s.mpd(t, kbits, machine) })
		run("VLC --network-caching=300", func(t *testing.T) { s.vlc(t, kbits, machine) })
	}
}

// What VLC says when it begins to play, and when audio came too late.
var (
	vlcPlays = regexp.MustCompile(`Stream buffering done`)
	vlcIsDry = regexp.MustCompile(`is called too late|playback too late`)
)

// vlc plays into the void, by the clock of the machine, and says when audio came too late.
func (s station) vlc(t *testing.T, kbits int, machine *pressure) {
	home := harness.NobodysHome(t)
	cmd := exec.Command(harness.Program(t, "vlc"), "-I", "dummy", "-vv", "--no-color", "--aout=adummy", "--network-caching=300", s.URL(mountOf(kbits)))
	cmd.Env = harness.AtHome(home)
	harness.AsNobody(cmd)
	said := &diary{matters: vlcIsDry, machine: machine}
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer func() {
		cmd.Process.Signal(syscall.SIGTERM)
		<-ended
	}()
	harness.EventuallyIn(t, 2*harness.Patience, "sound", func() bool { return vlcPlays.MatchString(said.String()) })
	select {
	case err := <-ended:
		ended <- err
		t.Fatalf("ended: %v; it said:\n%s", err, harness.Tail(said.String(), 30))
	case <-time.After(grown + stretch()):
	}
	dry := said.said.Load()
	t.Logf("ran dry %d times, and %d times when the machine was too busy", dry, said.busy.Load())
	if dry > 0 {
		t.Errorf("ran dry %d times; it said:\n%s", dry, harness.Tail(said.String(), 60))
	}
}

// soundCard takes the sound of a program out of a pipe, at 44.1 kHz in stereo.
var soundCard = model{
	name:   "sound card",
	buffer: func(rate float64) int { return int(rate / 5) },
	begins: func(rate float64) int { return int(rate / 5) },
	reads:  func(time.Duration) bool { return true },
}

// play plays what a program writes into a pipe, of which f is the other end. The process
// pid is the one that listens.
func play(t *testing.T, f *os.File, pid int, machine *pressure) {
	socket, err := f.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	const samples, channels, bytes = 44100, 2, 2
	p := newPlayer(soundCard, samples*channels*bytes, socket)
	p.excuse = func() bool { return unread(pid) || machine.high.Load() }
	p.neverRunsDry(t)
}

// pipes runs a program that decodes as fast as its output, a pipe, takes the sound.
func (s station) pipes(t *testing.T, kbits int, machine *pressure, command string, args ...string) {
	sound, pipe, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer sound.Close()
	cmd := exec.Command(harness.Program(t, command), append(args, s.URL(mountOf(kbits)))...)
	cmd.Env = harness.AtHome(harness.ShortHome(t))
	var said harness.Buffer
	cmd.Stdout, cmd.Stderr = pipe, &said
	err = cmd.Start()
	pipe.Close()
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", command, said.String())
		}
	}()
	play(t, sound, cmd.Process.Pid, machine)
}

// mpd plays through a program that copies to a named pipe.
func (s station) mpd(t *testing.T, kbits int, machine *pressure) {
	home := harness.ShortHome(t)
	path := filepath.Join(home, "sound")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	sound, err := os.OpenFile(path, os.O_RDWR, 0) // does not wait for the other end
	if err != nil {
		t.Fatal(err)
	}
	defer sound.Close()
	mpd := harness.PlayMPD(t, s.URL(mountOf(kbits)), 2, "exec cat >'"+path+"'")
	play(t, sound, mpd.Process.Pid, machine)
}
