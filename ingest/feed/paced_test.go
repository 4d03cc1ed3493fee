package feed

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"relay/codec/mp3/frametest"
	"relay/ingest/feed/feedtest"
)

// encoder is the connection of an encoder that sends in real time: a read returns one
// frame, and waits if none has come.
type encoder struct {
	began time.Time
	sent  int
	waits int
}

func (e *encoder) Read(b []byte) (int, error) {
	if due := time.Duration(e.sent) * feedtest.Stereo128.Duration(); time.Since(e.began) < due {
		e.waits++
		time.Sleep(due - time.Since(e.began))
	}
	e.sent++
	return copy(b, frametest.Numbered(feedtest.Stereo128, uint64(e.sent))), nil
}

// A frame from an encoder over TLS waits at most one pause, and the reader does not
// wake for every frame.
func TestRecordsAreReadInPortions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, other := net.Pipe()
		defer other.Close()
		defer conn.Close()
		const pace, long = 250 * time.Millisecond, time.Minute
		from := &encoder{began: time.Now()}
		p := NewPacedReader(tls.Server(conn, nil), from, time.Hour, func() time.Duration { return pace }, nil)
		for b := make([]byte, 16<<10); time.Since(from.began) < long; {
			p.Read(b)
		}
		if due := int((long - pace) / feedtest.Stereo128.Duration()); from.sent < due {
			t.Errorf("%d frames of %d", from.sent, due)
		}
		if from.waits > int(long/(pace-slot)) {
			t.Errorf("waited %d times", from.waits)
		}
	})
}

// A source that sends nothing is dropped.
func TestSilentSourceIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer ours.Close()
		defer theirs.Close()
		paced := NewPacedReader(theirs, theirs, time.Second, func() time.Duration { return time.Millisecond }, nil)
		if _, err := paced.Read(make([]byte, 10)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
	})
}

// Pauses of all sources end at the same moments, and are hardly shorter than wanted.
func TestPausesEndTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for pause := time.Millisecond; pause < time.Second; pause += 7 * time.Millisecond {
			time.Sleep(3 * time.Millisecond)
			got := together(pause)
			ends := time.Now().Add(got).UnixNano()
			switch {
			case pause <= slot && got != pause:
				t.Errorf("%v becomes %v", pause, got)
			case pause > slot && (ends%int64(slot) != 0 || got > pause || pause-got >= slot):
				t.Errorf("%v becomes %v, and ends %v after a shared moment", pause, got, time.Duration(ends%int64(slot)))
			}
		}
	})
}
