package lead

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"relay/e2e/harness"
)

// A source that sends a file as fast as it can is held back. Nobody is far ahead, and
// nobody is dropped.
func TestSourceThatIsTooFast(t *testing.T) {
	t.Parallel()
	length := 12 * time.Second
	if harness.Long() {
		length = 2 * time.Minute
	}
	dir, music := t.TempDir(), t.TempDir()
	file := numberedFile(t, dir, "long.mp3", dj, 30*time.Minute)
	numberedFile(t, music, "track.mp3", tracks, 5*time.Minute)
	for name, command := range map[string]func(address string) *exec.Cmd{
		"curl": func(address string) *exec.Cmd {
			return exec.Command(harness.Program(t, "curl"), "-sS", "-T", file, "-H", "Content-Type: audio/mpeg", "http://"+address)
		},
		"ffmpeg": func(address string) *exec.Cmd {
			return exec.Command(harness.Program(t, "ffmpeg"), "-v", "error", "-i", file, "-c", "copy", "-content_type", "audio/mpeg", "-f", "mp3", "icecast://"+address)
		},
	} {
		for beside, mount := range map[string]string{"alone": "", "after AutoDJ": "files.paths = ['" + music + "']\n"} {
			t.Run(name+" "+beside, func(t *testing.T) {
				t.Parallel()
				s := start(t, "lag_policy = 'drop'\n[[mount]]\nname = '/live'\n"+mount)
				s.isTooFast(t, command("source:hackme@"+s.Addr+"/live"), mount != "", length)
			})
		}
	}
}

// isTooFast plays a command that is too fast for some time, perhaps after AutoDJ.
func (s *station) isTooFast(t *testing.T, source *exec.Cmd, after bool, length time.Duration) {
	if after {
		harness.Eventually(t, "AutoDJ", func() bool { return s.Source(t, "/live").State == "files" })
		s.tuneIn(t)
	}
	harness.KeepRunning(t, source)
	harness.Eventually(t, "the source", func() bool { return s.Source(t, "/live").State == "live" })
	if !after {
		s.tuneIn(t)
	}
	s.hears.plays(t, length)
	s.keepsTheLaw(t, "too fast")
	s.misses(t, dj)
	s.Says(t, "the source is ahead of its audio")
	if n := s.Said("the source is ahead of its audio"); n != 1 {
		t.Errorf("the log says %d times that the source is too fast", n)
	}
	before := s.metric(t, "relay_mount_source_held_seconds_total", "")
	s.hears.plays(t, 2*time.Second)
	if now := s.metric(t, "relay_mount_source_held_seconds_total", ""); now <= before {
		t.Errorf("the source was held back for %.1f s, then %.1f s", before, now)
	}
	if dropped := s.metric(t, "relay_mount_slow_listeners_total", ""); dropped > 0 || strings.Contains(s.Log.String(), "fell behind") {
		t.Errorf("%v listeners were dropped", dropped)
	}
	s.hears.decodes(t)
}
