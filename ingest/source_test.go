package ingest

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"

	"relay/auth"
	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/conf"
	"relay/ingest/feed/feedtest"
	"relay/mounts"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// With source_timeout = 0 a source that sends nothing stays connected, others play
// meanwhile, and it is on the air again with its next frame.
func TestSourceThatMayBeSilentForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config, err := conf.Parse("relay.toml", []byte("[limits]\nsource_timeout = 0\n"))
		if err != nil {
			t.Fatal(err)
		}
		live := conf.NewLive(config)
		registry := mounts.NewRegistry(live, nil, zap.NewNop())
		defer registry.Close()
		s := &Sources{Registry: registry, Gate: auth.NewGate(live, zap.NewNop()), Log: zap.NewNop(), Conf: live, Refusals: NewRefusals()}
		in, err := s.attach("/live", http.Header{}, netip.MustParseAddr("192.0.2.1"), "source")
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
				if _, err := ours.Write(frametest.Numbered(feedtest.Stereo128, n)); err != nil {
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
			time.Sleep(time.Second)
			onAir("live")
			time.Sleep(time.Hour)
			files.Write(mp3.Frame{Header: feedtest.Stereo128, Data: frametest.Numbered(feedtest.Stereo128, 1)}.Unit())
			onAir("files")
			send(100)
			onAir("live")
		}
		in.Kick()
		<-done
		ours.Close()
	})
}

// Encoders send each frame in a TLS record of its own; reading must be as fast as
// without TLS.
func TestASourceIsReadAsFastOverTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := conf.Parse("relay.toml", []byte("auth.source_password = 'hackme'"))
		if err != nil {
			t.Fatal(err)
		}
		live := conf.NewLive(c)
		registry := mounts.NewRegistry(live, nil, zap.NewNop())
		s := &Sources{Registry: registry, Gate: auth.NewGate(live, zap.NewNop()), Log: zap.NewNop(), Conf: live}
		ours, theirs := net.Pipe()
		server, client := feedtest.Certificate(t)
		served := make(chan struct{})
		go func() {
			defer close(served)
			req := &http.Request{Method: "SOURCE", URL: &url.URL{Path: "/live"}, Header: http.Header{}, RemoteAddr: "192.0.2.1:1"}
			req.SetBasicAuth("source", "hackme")
			conn := tls.Server(ours, server)
			s.Serve(conn, conn, req)
		}()
		const many = 150 // more frames than are read in one portion, and not too fast yet
		source := tls.Client(theirs, client)
		if _, err := source.Read(make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		if took := feedtest.SendFrames(t, source, many); took > registry.Find("/live").ReadPace() {
			t.Errorf("%d frames took %v", many, took)
		}
		synctest.Wait()
		if played := registry.Find("/live").Stream.End(); played < (many-2)*int64(feedtest.Stereo128.Size) {
			t.Errorf("%d bytes have been played", played)
		}
		theirs.Close()
		<-served
		registry.Close()
	})
}
