package recordings

import (
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"relay/mounts"
)

// A source that comes just when the mount was asked whether it plays has its
// session in one file.
func TestSourceComesWhileTheMountIsAsked(t *testing.T) {
	recordingLive(t, "record_split = '0s'", func(s *studio) {
		dj := s.attach(t, mounts.Live)
		m := s.Find("/live")
		takes := make(chan take, queued)
		f := &follower{mount: m, takes: takes, health: newHealth(new(atomic.Int64)), log: zap.NewNop(), at: m.Stream.Behind(math.MaxInt64)}
		for _, playing := range []bool{false, true} {
			s.play(dj, time.Second)
			f.follow(playing)
		}
		f.follow(false)
		close(takes)
		var over []bool
		for t := range takes {
			over = append(over, t.over)
		}
		if !slices.Equal(over, []bool{false, false, true}) {
			t.Errorf("takes that end the session: %v", over)
		}
	})
}
