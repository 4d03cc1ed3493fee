package ingest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/frames/frametest"
	"relay/icy"
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
			pump(zap.NewNop(), from, in, 10*time.Second)
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

// A body comes as it is or in chunks, which go before its length; whatever else
// it is wrapped in is refused, and never played.
func TestTransferEncodings(t *testing.T) {
	live := conf.NewLive(conf.Default())
	registry := mounts.NewRegistry(live, zap.NewNop())
	defer registry.Close()
	s := &Sources{Registry: registry, Gate: auth.NewGate(live), Log: zap.NewNop(), Conf: live}
	for _, tt := range []struct {
		said    []string
		chunked bool
		status  int // of the refusal
	}{
		{nil, false, 0},
		{[]string{"identity"}, false, 0},
		{[]string{" Chunked"}, true, 0},
		{[]string{"gzip, chunked"}, false, http.StatusNotImplemented},
		{[]string{"gzip", "chunked"}, false, http.StatusNotImplemented},
		{[]string{"chunked, chunked"}, false, http.StatusNotImplemented},
		{[]string{"deflate"}, false, http.StatusNotImplemented},
	} {
		header := http.Header{"Transfer-Encoding": tt.said, "Content-Length": {"100"}}
		in, err := s.attach("/live", header, "192.0.2.1", "source")
		refused := &refusal{}
		if errors.As(err, &refused); refused.status != tt.status || (err == nil) != (tt.status == 0) {
			t.Errorf("%q: %v", tt.said, err)
		}
		if err == nil {
			in.Detach()
		}
		if got := chunked(header); got != tt.chunked {
			t.Errorf("%q is read in chunks: %v", tt.said, got)
		}
		answer := &reply{url: &url.URL{Path: "/live"}, Reply: icy.Reply{Status: http.StatusOK, Header: header}}
		if _, err := answer.leadsTo(); (err == nil) != (tt.status == 0) {
			t.Errorf("another server's %q: %v", tt.said, err)
		}
	}
}

// inTime is a source that sends at 128 kbit/s.
type inTime struct{ io.Reader }

func (s inTime) Read(b []byte) (int, error) {
	time.Sleep(100 * time.Millisecond)
	return s.Reader.Read(b[:1600])
}

// lasting is what is sent in so long.
func lasting(d time.Duration) []byte { return make([]byte, int(d.Seconds()*16000)) }

// music is so much of it.
func music(d time.Duration) (sent []byte) {
	for n := range uint64(d / stereo128.Duration()) {
		sent = append(sent, frametest.Numbered(stereo128, n+1)...)
	}
	return sent
}

// id3Head is the head of an ID3v2 tag that says it has so many bytes.
func id3Head(size int) []byte {
	return append([]byte("ID3\x04\x00\x00"), byte(size>>21), byte(size>>14&0x7f), byte(size>>7&0x7f), byte(size&0x7f))
}

// pumped gives /live a source that sends, and a fallback that plays.
func pumped(t *testing.T, sent []byte, test func(live *mounts.Mount, ended <-chan error)) {
	substituting(t, "[[mount]]\nname = '/live'\nfallbacks = ['/backup']", func(r *mounts.Registry, s *Substitutes) {
		go connect(t, r, "/backup", 1).play(time.Hour)
		in := connect(t, r, "/live", 1)
		ended := make(chan error, 1)
		go func() {
			_, err := pump(zap.NewNop(), inTime{bytes.NewReader(sent)}, in.Input, 10*time.Second)
			in.Detach()
			ended <- err
		}()
		test(in.Mount, ended)
	})
}

// A source that goes on with something else than MP3 is as good as gone.
func TestGarbageLosesTheAir(t *testing.T) {
	pumped(t, append(music(20*time.Second), lasting(time.Hour)...), func(live *mounts.Mount, ended <-chan error) {
		began := time.Now()
		if err := <-ended; err != errNoMP3Again {
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

// A source is not lost for a tag, however long, but leaves the air while that
// passes, and also when the tag lies about its length.
func TestLongTagLeavesTheAir(t *testing.T) {
	const tag = time.Minute
	for name, size := range map[string]int{"as long as it says": len(lasting(tag)), "256 MiB": 1<<28 - 1} {
		t.Run(name, func(t *testing.T) {
			sent := bytes.Join([][]byte{music(20 * time.Second), id3Head(size), lasting(tag), music(20 * time.Second)}, nil)
			pumped(t, sent, func(live *mounts.Mount, ended <-chan error) {
				for _, then := range []struct {
					after time.Duration
					plays string
				}{{25 * time.Second, "live"}, {10 * time.Second, "fallback"}, {44 * time.Second, "fallback"}, {4 * time.Second, "live"}} {
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

// Nor is one that begins with a long tag.
func TestLongTagBeforeTheFirstFrame(t *testing.T) {
	cover := lasting(time.Minute)
	sent := bytes.Join([][]byte{id3Head(len(cover)), cover, music(20 * time.Second)}, nil)
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
