package lead

import (
	"fmt"
	"testing"
	"time"

	"relay/e2e/harness"
)

// ffmpeg is killed in the middle of a frame and started again; a fallback or files play
// meanwhile.
func TestEncoderThatIsKilled(t *testing.T) {
	t.Parallel()
	kills := 3
	if harness.Long() {
		kills = breaks
	}
	music := t.TempDir()
	numberedFile(t, music, "track.mp3", tracks, 5*time.Minute)
	for kind, mount := range map[string]string{
		"fallback": "fallbacks = ['/backup']",
		"files":    "files.paths = ['" + music + "']",
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := start(t, "[[mount]]\nname = '/live'\ngrace = '500ms'\n"+mount+"\n")
			s.encode(t, "/backup", backup).settles(t, s)
			plays := func(state string) {
				t.Helper()
				harness.Eventually(t, state, func() bool { return s.Source(t, "/live").State == state })
			}
			plays(kind)
			s.tuneIn(t)
			for n := range kills {
				ffmpeg := s.FFmpeg(t, "/live", 440, 128)
				plays("live")
				s.hears.plays(t, time.Second)
				ffmpeg.Process.Kill()
				ffmpeg.Wait()
				plays(kind)
				s.keepsTheLaw(t, fmt.Sprintf("ffmpeg %d killed", n+1))
			}
			s.paysItsDebts(t)
			s.hears.decodes(t)
		})
	}
}
