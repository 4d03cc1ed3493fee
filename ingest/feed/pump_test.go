package feed

import (
	"bytes"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"relay/codec/known"
	"relay/codec/mp3/frametest"
	"relay/conf"
	"relay/ingest/feed/feedtest"
	"relay/mounts"
)

// A mount's reception shows what a source sends, and when.
func TestPumpTellsOfReception(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live := conf.NewLive(conf.Default())
		registry := mounts.NewRegistry(live, nil, zap.NewNop())
		defer registry.Close()
		in, err := registry.Attach("/live", mounts.Feed{Kind: mounts.LiveSource})
		if err != nil {
			t.Fatal(err)
		}
		from, to := io.Pipe()
		done := make(chan struct{})
		go func() {
			defer close(done)
			Pump(zap.NewNop(), from, known.Unlabelled, in, 10*time.Second)
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

// lasting returns as many bytes as play for d at 128 kbit/s.
func lasting(d time.Duration) []byte { return make([]byte, int(d.Seconds()*16000)) }

// id3Head returns the head of an ID3v2 tag that claims size bytes.
func id3Head(size int) []byte {
	return append([]byte("ID3\x04\x00\x00"), byte(size>>21), byte(size>>14&0x7f), byte(size>>7&0x7f), byte(size&0x7f))
}

// pumped gives /live a source that sends the given bytes, and a fallback that plays.
func pumped(t *testing.T, sent []byte, test func(live *mounts.Mount, ended <-chan error)) {
	substituting(t, "[[mount]]\nname = '/live'\nfallbacks = ['/backup']", func(r *mounts.Registry, s *Fallbacks) {
		go feedtest.Connect(t, r, "/backup", 1).Play(time.Hour)
		in := feedtest.Connect(t, r, "/live", 1)
		ended := make(chan error, 1)
		go func() {
			_, err := Pump(zap.NewNop(), feedtest.InTime{Reader: bytes.NewReader(sent)}, known.Unlabelled, in.Input, 10*time.Second)
			in.Detach()
			ended <- err
		}()
		test(in.Mount, ended)
	})
}

// A source that changes to something other than MP3 is as good as gone.
func TestGarbageLosesTheAir(t *testing.T) {
	pumped(t, append(feedtest.Music(20*time.Second), lasting(time.Hour)...), func(live *mounts.Mount, ended <-chan error) {
		began := time.Now()
		if err := <-ended; err != ErrNoAudioAgain {
			t.Errorf("ended by: %v", err)
		}
		if took := time.Since(began); took < 29*time.Second || took > 31*time.Second {
			t.Errorf("it takes %v to be found out", took-20*time.Second)
		}
		time.Sleep(4 * time.Second) // the grace
		if p := live.Programme(); p.Input != "fallback" {
			t.Errorf("plays %+v", p)
		}
	})
}

// The frame that is held back until the next one proves it does not interrupt a fallback
// when a source that has stalled closes its connection.
func TestStalledSourceThatClosesStaysOffTheAir(t *testing.T) {
	substituting(t, "[[mount]]\nname = '/live'\nfallbacks = ['/backup']", func(r *mounts.Registry, s *Fallbacks) {
		go feedtest.Connect(t, r, "/backup", 1).Play(time.Hour)
		in := feedtest.Connect(t, r, "/live", 1)
		from, to := io.Pipe()
		done := make(chan error)
		go func() {
			_, err := Pump(zap.NewNop(), from, known.Unlabelled, in.Input, time.Minute)
			in.Detach()
			done <- err
		}()
		io.Copy(to, feedtest.InTime{Reader: bytes.NewReader(feedtest.Music(20 * time.Second))})
		if p := in.Mount.Programme(); p.Input != "live" {
			t.Fatalf("plays %+v", p)
		}
		time.Sleep(10 * time.Second)
		stalled, _ := in.Mount.Airtime()
		to.Close()
		if err := <-done; err != io.EOF {
			t.Errorf("ended by: %v", err)
		}
		time.Sleep(10 * time.Second)
		if now, _ := in.Mount.Airtime(); now != stalled || now.Kind != mounts.Fallback {
			t.Errorf("was on the air: %+v; now: %+v", stalled, now)
		}
	})
}

// A tag, however long, does not end a source, but the source leaves the air until the
// tag has passed, also if the tag lies about its length.
func TestLongTagLeavesTheAir(t *testing.T) {
	const tag = time.Minute
	for name, size := range map[string]int{"as long as it says": len(lasting(tag)), "256 MiB": 1<<28 - 1} {
		t.Run(name, func(t *testing.T) {
			sent := bytes.Join([][]byte{feedtest.Music(20 * time.Second), id3Head(size), lasting(tag), feedtest.Music(20 * time.Second)}, nil)
			pumped(t, sent, func(live *mounts.Mount, ended <-chan error) {
				for _, then := range []struct {
					after time.Duration
					plays string
				}{{22 * time.Second, "live"}, {4 * time.Second, "fallback"}, {53 * time.Second, "fallback"}, {4 * time.Second, "live"}} {
					time.Sleep(then.after)
					if p := live.Programme(); p.Input != then.plays {
						t.Errorf("%v later it plays %s, want %s", then.after, p.Input, then.plays)
					}
				}
				if err := <-ended; err != io.EOF {
					t.Errorf("ended by: %v", err)
				}
			})
		})
	}
}

// A source that begins with a long tag is not lost either.
func TestLongTagBeforeTheFirstFrame(t *testing.T) {
	cover := lasting(time.Minute)
	sent := bytes.Join([][]byte{id3Head(len(cover)), cover, feedtest.Music(20 * time.Second)}, nil)
	pumped(t, sent, func(live *mounts.Mount, ended <-chan error) {
		time.Sleep(62 * time.Second)
		if p := live.Programme(); p.Input != "live" {
			t.Errorf("plays %+v", p)
		}
		if err := <-ended; err != io.EOF {
			t.Errorf("ended by: %v", err)
		}
	})
}

// A source that sends faster than its audio plays is held back before it is far ahead,
// although one read has seconds of a low bit rate.
func TestPumpHoldsBackLowBitRates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		live := conf.NewLive(conf.Default())
		registry := mounts.NewRegistry(live, nil, zap.NewNop())
		defer registry.Close()
		in, err := registry.Attach("/live", mounts.Feed{Kind: mounts.LiveSource})
		if err != nil {
			t.Fatal(err)
		}
		header := frametest.Header(32000, 22050, 1)
		var audio bytes.Buffer
		for n := range uint64(time.Minute / header.Duration()) {
			audio.Write(frametest.Numbered(header, n))
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			Pump(zap.NewNop(), &audio, known.Unlabelled, in, 10*time.Second)
		}()
		for range 40 {
			time.Sleep(time.Second)
			if ahead := in.Ahead(); ahead < -time.Second/2 || ahead > time.Second {
				t.Fatalf("the stream is %v ahead", ahead)
			}
		}
		in.Kick()
		<-done
	})
}
