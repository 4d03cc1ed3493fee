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

// A source that comes between the two questions, whether the mount plays and what is
// new, has its session in one file.
func TestSourceComesWhileTheMountIsAsked(t *testing.T) {
	recordingLive(t, "record_split = '0s'", func(s *studio) {
		dj := s.attach(t, mounts.LiveSource)
		m := s.Find("/live")
		segments := make(chan segment, queued)
		r := &streamReader{mount: m, segments: segments, health: newHealth(new(atomic.Int64)), log: zap.NewNop(), at: m.Stream.Behind(math.MaxInt64)}
		for _, playing := range []bool{false, true} {
			s.play(dj, time.Second)
			r.record(playing)
		}
		r.record(false)
		close(segments)
		var over []bool
		for t := range segments {
			over = append(over, t.over)
		}
		if !slices.Equal(over, []bool{false, false, true}) {
			t.Errorf("segments that end the session: %v", over)
		}
	})
}
