// Package feedtest is shared by the tests of packages that feed mounts: numbered
// audio, sources that send it in real time, and the frames that a mount has played.
package feedtest

import (
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/icy"
	"relay/mounts"
)

// Stereo128 is the header of all frames made here: 128 kbit/s, 44.1 kHz, stereo.
var Stereo128 = frametest.Header(128000, 44100, 2)

// Frames returns the frames numbered first to last.
func Frames(first, last uint64) (audio []byte) {
	for n := first; n <= last; n++ {
		audio = append(audio, frametest.Numbered(Stereo128, n)...)
	}
	return audio
}

// Music returns frames that last for d, numbered from 1.
func Music(d time.Duration) []byte { return Frames(1, uint64(d/Stereo128.Duration())) }

// InTime reads at the speed of 128 kbit/s, 1600 bytes at a time.
type InTime struct{ io.Reader }

func (s InTime) Read(b []byte) (int, error) {
	time.Sleep(100 * time.Millisecond)
	return s.Reader.Read(b[:1600])
}

// SendFrames sends each frame in a write of its own, as encoders do, and returns how
// long conn took to accept them all.
func SendFrames(t testing.TB, conn net.Conn, count int) time.Duration {
	t.Helper()
	began := time.Now()
	for n := range count {
		if _, err := conn.Write(frametest.Numbered(Stereo128, uint64(n))); err != nil {
			t.Errorf("frame %d: %v", n, err)
			break
		}
	}
	return time.Since(began)
}

// Source is a source that plays numbered frames. The first frame of the zero value with an
// Input is number 1. Sent may be called while another goroutine plays.
type Source struct {
	*mounts.Input
	sent atomic.Uint64
}

// Connect attaches a live source to a mount. Its station has the name of the mount; the
// number of its first frame is first. The caller detaches it.
func Connect(t testing.TB, r *mounts.Registry, mount string, first uint64) *Source {
	t.Helper()
	in, err := r.Attach(mount, mounts.Feed{Station: icy.Station{Name: mount}})
	if err != nil {
		t.Fatal(err)
	}
	s := &Source{Input: in}
	s.sent.Store(first - 1)
	return s
}

// Send sends one frame.
func (s *Source) Send() {
	s.Write(mp3.Frame{Header: Stereo128, Data: frametest.Numbered(Stereo128, s.sent.Add(1))}.Unit())
}

// Sent returns the number of the last frame that was sent.
func (s *Source) Sent() uint64 { return s.sent.Load() }

// Play sends frames in real time for d, or until the input ends.
func (s *Source) Play(d time.Duration) {
	for played := time.Duration(0); played < d; played += Stereo128.Duration() {
		s.Send()
		select {
		case <-s.Ended():
			return
		case <-time.After(Stereo128.Duration()):
		}
	}
}

// Heard returns the numbers of the frames that a mount has played, as far back as the
// mount keeps them; 0 stands for a frame without a number.
func Heard(m *mounts.Mount) (numbers []uint64) {
	at := m.Stream.Behind(time.Hour)
	for f, ok := at.NextUnit(); ok; f, ok = at.NextUnit() {
		n, _ := frametest.Number(f.Data)
		numbers = append(numbers, n)
	}
	return numbers
}
