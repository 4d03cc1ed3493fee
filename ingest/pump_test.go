package ingest

import (
	"bytes"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"relay/conf"
	"relay/frames/frametest"
	"relay/mounts"
)

// What a source sends, and when, is what its reception says.
func TestPumpTellsOfReception(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live := conf.NewLive(conf.Default())
		registry := mounts.NewRegistry(live, zap.NewNop())
		defer registry.Close()
		in, err := registry.Attach("/live", mounts.Feed{Kind: mounts.Live})
		if err != nil {
			t.Fatal(err)
		}
		from, to := io.Pipe()
		done := make(chan struct{})
		go func() {
			defer close(done)
			pump(zap.NewNop(), from, in)
		}()
		header := frametest.Header(128000, 44100, 2)
		send := func(frames int) {
			for n := range frames {
				to.Write(frametest.Numbered(header, uint64(n)))
				time.Sleep(header.Duration())
			}
		}
		send(200)
		to.Write(bytes.Repeat([]byte{'x'}, 3000))
		send(200)
		time.Sleep(3 * time.Second)
		send(200)
		to.Close()
		<-done
		r := in.Reception()
		if r.Resyncs != 1 || r.Garbage < 3000 || r.Garbage > 3000+2*int64(header.Size) {
			t.Errorf("%d resyncs, %d bytes of garbage", r.Resyncs, r.Garbage)
		}
		if r.Gaps != 1 || r.LongestGap < 2.9 || r.LongestGap > 3.1 {
			t.Errorf("%d gaps, the longest of %v s", r.Gaps, r.LongestGap)
		}
		sum := 0
		for _, ms := range r.Seconds {
			sum += ms
		}
		if played := int(600 * header.Duration().Milliseconds()); sum < played-1100 || sum > played+200 {
			t.Errorf("%d ms of audio in %v, sent were %d", sum, r.Seconds, played)
		}
		if got := in.Mount.Totals(); got.Gaps != 1 || got.Resyncs != 1 || got.Garbage != r.Garbage {
			t.Errorf("totals %+v", got)
		}
	})
}
