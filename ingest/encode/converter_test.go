package encode

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relay/codec"
	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/mounts"
)

var (
	stereo44 = frametest.Header(128000, 44100, 2)
	mono48   = frametest.Header(64000, 48000, 1)
)

func numbered(h mp3.Header, n uint64) codec.Unit {
	return mp3.Frame{Header: h, Data: frametest.Numbered(h, n)}.Unit()
}

// played collects what a conversion plays.
type played struct {
	mu       sync.Mutex
	formats  []codec.Format // each once in a row
	numbers  []uint64       // of frames that passed as they were
	length   time.Duration
	problems []string
}

func (p *played) play(f codec.Unit) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.length += f.Length
	if n := len(p.formats); n == 0 || p.formats[n-1] != f.Format {
		p.formats = append(p.formats, f.Format)
	}
	if n, ok := frametest.Number(f.Data); ok {
		p.numbers = append(p.numbers, n)
	}
}

func (p *played) failed(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.problems = append(p.problems, err.Error())
}

func (p *played) seconds() float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.length.Seconds()
}

// converting runs a converter until the test ends; shell is the encoder, empty: ffmpeg.
func converting(t *testing.T, shell string) (*Converter, *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zap.WarnLevel)
	c := NewConverter(zap.New(core))
	c.patience = loaded
	if shell != "" {
		c.command = func(ctx context.Context, _ codec.Codec, _ codec.Format, _ int) *exec.Cmd {
			return exec.CommandContext(ctx, "sh", "-c", shell)
		}
	} else if err := Installed(); err != nil {
		t.Skip(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { c.Run(ctx); close(done) }()
	t.Cleanup(func() { stop(); <-done })
	return c, logs
}

func begin(c *Converter, p *played) mounts.Conversion {
	return c.Begin(mounts.ConversionOrder{Mount: "/live", Input: "live", To: stereo44.Format(), Play: p.play, Failed: p.failed})
}

// Audio of any format comes out in the one that is wanted, all of it and in order; what
// has the format already stays as it is.
func TestConversion(t *testing.T) {
	c, _ := converting(t, "")
	var p played
	conversion := begin(c, &p)
	defer conversion.End()
	var titles []float64
	write := func(h mp3.Header, frames uint64) {
		for n := range frames {
			conversion.Write(numbered(h, n+1))
		}
	}
	write(mono48, 125) // 3 s
	conversion.Then(func() { titles = append(titles, p.seconds()) })
	write(mono48, 125)
	conversion.Then(func() { titles = append(titles, p.seconds()) })
	write(stereo44, 10)
	write(frametest.Header(32000, 22050, 1), 100)
	conversion.Drain(loaded)
	want := 6 + 10*stereo44.Duration().Seconds() + 100*frametest.Header(32000, 22050, 1).Duration().Seconds()
	if got := p.seconds(); got < want || got > want+.3 {
		t.Errorf("played %.3f s of %.3f", got, want)
	}
	if !slices.Equal(p.formats, []codec.Format{stereo44.Format()}) || len(p.problems) > 0 {
		t.Errorf("played %v, problems %q", p.formats, p.problems)
	}
	if !slices.Equal(p.numbers, []uint64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}) {
		t.Errorf("the frames that needed nothing: %v", p.numbers)
	}
	if len(titles) != 2 || titles[0] < 3 || titles[0] > 3.1 || titles[1] < 6 || titles[1] > 6.2 {
		t.Errorf("titles at %.3f s", titles)
	}
}

// A live source brings its frames at the pace of the clock: they come out at once, not
// when the encoder's buffers are full.
func TestConversionIsSwift(t *testing.T) {
	c, _ := converting(t, "")
	var p played
	conversion := begin(c, &p)
	defer conversion.End()
	sent := 0.
	for n := uint64(1); p.seconds() == 0; n++ {
		conversion.Write(numbered(mono48, n))
		sent += mono48.Duration().Seconds()
		time.Sleep(mono48.Duration())
	}
	t.Logf("the first frame came after %.2f s of audio", sent)
	if sent > 10 {
		t.Error("the encoder holds back too much")
	}
}

func TestConversionFails(t *testing.T) {
	for shell, want := range map[string]string{
		"echo broken >&2; exit 1":            "it said: broken",
		"exit 3":                             "exit status 3",
		"head -c 1000 >/dev/null":            "it stopped by itself",
		"exec sleep 60":                      "it sent nothing for 1s",
		"cat >/dev/null":                     "it sent nothing for 1s",
		"exec /no/such/encoder here":         "not found",
		"trap '' TERM; exec sleep 60 2>&-":   "it sent nothing for 1s",
		"echo no audio; exec cat >/dev/null": "it sent nothing for 1s",
	} {
		t.Run(shell, func(t *testing.T) {
			c, logs := converting(t, shell)
			if strings.Contains(want, "1s") {
				c.patience = time.Second
			}
			var p played
			conversion := begin(c, &p)
			defer conversion.End()
			titles := 0
			stop := make(chan struct{})
			var source sync.WaitGroup
			source.Go(func() {
				for n := uint64(1); ; n++ {
					conversion.Write(numbered(mono48, n))
					if n == 10 {
						conversion.Then(func() { titles++ })
					}
					select {
					case <-time.After(mono48.Duration() / 4):
					case <-stop:
						return
					}
				}
			})
			until(t, "two failures", func() bool { return c.failed.Load() >= 2 })
			close(stop)
			source.Wait()
			conversion.Drain(loaded)
			told := logs.FilterMessage("the conversion has failed").All()
			if len(told) != 1 || !strings.Contains(fmt.Sprint(told[0].ContextMap()["error"]), want) {
				t.Errorf("told %v, want once %q", told, want)
			}
			if titles != 1 || p.seconds() > 0 {
				t.Errorf("%d titles, %.1f s played", titles, p.seconds())
			}
		})
	}
}

// Ending a conversion, or the converter, ends the encoder at once, whatever it does.
func TestConversionEnds(t *testing.T) {
	for _, shell := range []string{"exec sleep 600", "exec cat >/dev/null", ""} {
		c, _ := converting(t, shell)
		var p played
		conversion := begin(c, &p)
		for n := range uint64(2000) {
			conversion.Write(numbered(mono48, n))
		}
		conversion.End()
		until(t, "the end of the conversion", func() bool { return c.ended.Load() == c.started.Load() })
	}
}

// A queue that is full drops its audio, but does all that is to be done.
func TestQueueIsBounded(t *testing.T) {
	q := newQueue()
	full := false
	for n := uint64(0); !full; n++ {
		if n%100 == 0 {
			q.put(step{do: func() {}})
		}
		full = !q.put(step{unit: numbered(stereo44, n)})
	}
	frames, calls := 0, 0
	for len(q.steps) > 0 {
		s, err := q.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if s.do != nil {
			calls++
		} else if frames++; !s.unit.Gap {
			t.Error("a frame behind dropped ones does not say so")
		}
	}
	if frames != 1 || calls != maxQueued/stereo44.Size/100+1 || q.bytes != 0 {
		t.Errorf("%d frames, %d calls, %d bytes", frames, calls, q.bytes)
	}
}

func TestNearBitRate(t *testing.T) {
	for _, tt := range []struct {
		to                 codec.Format
		average, announced int
		varies             bool
		want               int
	}{
		{stereo44.Format(), 128, 0, false, 128},
		{stereo44.Format(), 8, 0, false, 32},
		{stereo44.Format(), 100, 0, false, 96},
		{mono48.Format(), 32, 192, true, 192},
		{stereo44.Format(), 32, 0, true, 128},
		{codec.Format{Codec: mp3.Codec, SampleRate: 8000, Channels: 1}, 128, 0, false, 64},
		{codec.Format{Codec: mp3.Codec, SampleRate: 22050, Channels: 1}, 320, 0, false, 160},
	} {
		if got := nearBitRate(tt.to, tt.average, tt.announced, tt.varies); got != tt.want {
			t.Errorf("%+v: %d", tt, got)
		}
	}
}
