package ingest

import (
	"errors"
	"net"
	"net/http"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/frames"
	"relay/frames/frametest"
	"relay/mounts"
)

// With source_timeout = 0 a source that sends nothing stays, others play meanwhile, and it
// is heard again with its next frame.
func TestSourceThatMayBeSilentForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config, err := conf.Parse("relay.toml", []byte("[limits]\nsource_timeout = 0\n"))
		if err != nil {
			t.Fatal(err)
		}
		live := conf.NewLive(config)
		registry := mounts.NewRegistry(live, zap.NewNop())
		defer registry.Close()
		s := &Sources{Registry: registry, Gate: auth.NewGate(live), Log: zap.NewNop(), Conf: live, Refusals: NewRefusals()}
		in, err := s.attach("/live", http.Header{}, "192.0.2.1", "source")
		if err != nil {
			t.Fatal(err)
		}
		files, err := registry.Attach("/live", mounts.Feed{Kind: mounts.Files})
		if err != nil {
			t.Fatal(err)
		}
		ours, theirs := net.Pipe()
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer theirs.Close()
			s.play(theirs, theirs, http.Header{}, in, zap.NewNop())
		}()
		send := func(from uint64) {
			for n := from; n < from+10; n++ {
				if _, err := ours.Write(frametest.Numbered(stereo128, n)); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(time.Second)
		}
		onAir := func(want string) {
			t.Helper()
			synctest.Wait()
			if got := in.Mount.Programme().Input; got != want {
				t.Errorf("%s is on the air, want %s", got, want)
			}
		}
		send(1)
		onAir("live")
		for range 3 {
			time.Sleep(5 * time.Second)
			onAir("live")
			time.Sleep(time.Hour)
			files.Write(frames.Frame{Header: stereo128, Data: frametest.Numbered(stereo128, 1)})
			onAir("files")
			send(100)
			onAir("live")
		}
		in.Kick()
		<-done
		ours.Close()
	})
}

// Without it a source that sends nothing is dropped as ever.
func TestSilentSourceIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer ours.Close()
		defer theirs.Close()
		paced := newPacedReader(theirs, theirs, time.Second, time.Millisecond, nil)
		if _, err := paced.Read(make([]byte, 10)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
	})
}
