package mp3_test

import (
	"bytes"
	"math/rand/v2"
	"testing"

	tcolgate "github.com/tcolgate/mp3"

	"relay/codec/mp3"
)

// pace plays a programme through a Splicer, and keeps what was played.
type pace struct {
	t        testing.TB
	of       []mp3.Frame
	at       int // the next frame of the programme, which repeats itself
	splicer  mp3.Splicer
	silenced bool // the last frame played was silent, and the one before it whole
	list     []aired
}

func (p *pace) next() mp3.Frame {
	f := p.of[p.at%len(p.of)]
	f.Gap = p.at%len(p.of) == 0
	return f
}

// play passes the next n frames. It fails the test if the frame behind a silence is
// changed.
func (p *pace) play(n int) {
	for range n {
		f := p.next()
		whole := p.splicer.Intact(f)
		data := bytes.Clone(p.splicer.Pass(f))
		if p.silenced && !f.Gap && !bytes.Equal(data, f.Data) {
			p.t.Fatalf("frame %d was changed behind a silence", p.at%len(p.of))
		}
		p.list = append(p.list, aired{data, p.of, p.at % len(p.of), whole})
		p.silenced = false
		p.at++
	}
}

// silence adds n silent frames. The frame behind them must stay as it is if the one
// before them was whole.
func (p *pace) silence(n int) {
	whole := p.list[len(p.list)-1].whole
	for range n {
		p.list = append(p.list, aired{data: bytes.Clone(p.splicer.Silence())})
	}
	p.silenced = whole
}

func (p *pace) skip(n int) {
	for range n {
		p.splicer.Skip(p.next())
		p.at++
	}
	p.silenced = false
}

func (p *pace) lose(n int) {
	p.splicer.Cut()
	p.at += n
	p.silenced = false
}

// change adds, skips or loses some frames.
func (p *pace) change(random *rand.Rand) {
	switch random.IntN(8) {
	case 0:
		p.lose(random.IntN(20))
	case 1, 2:
		p.skip(1 + random.IntN(4))
	default:
		p.silence(1 + random.IntN(4))
	}
}

// Decoders take silent frames, skipped frames and cuts in any order without a word, and
// the frames between them sound as in the programme.
func TestDecodersFollowAChangedPace(t *testing.T) {
	for _, name := range encoderOutputs {
		t.Run(name, func(t *testing.T) {
			p := pace{t: t, of: load(t, name)}
			random := rand.New(rand.NewPCG(1, 2))
			for range 200 {
				p.play(1 + random.IntN(10))
				p.change(random)
			}
			for _, d := range decoders {
				if said := d.Complaints(t, stream(p.list)); said != "" {
					t.Errorf("%s says:\n%s", d.Name, said)
				}
				if same, different := d.compare(t, p.list, p.of); different > 0 || same < 200 {
					t.Errorf("%s: %d frames differ, %d are the same", d.Name, different, same)
				}
			}
		})
	}
}

// Without the bytes that a silent frame carries, decoders complain.
func TestDecodersMissWhatPlainSilenceBreaks(t *testing.T) {
	of := load(t, "cbr-128-44100-stereo")
	var list []aired
	for at, f := range of {
		if at%10 == 9 {
			list = append(list, aired{data: mp3.Silence(f.Header)})
		}
		list = append(list, raw(of, at, false))
	}
	for _, d := range decoders {
		if d.Complaints(t, stream(list)) == "" {
			t.Errorf("%s takes a plain silent frame without a word, so the other tests prove nothing", d.Name)
		}
	}
}

// model is a decoder's bit reservoir: the main data that the last frame asked for, and
// its own, as mpg123 and ffmpeg keep them.
type model []byte

// take returns the bytes from where the frame's main data begin to its end, false if
// some are missing.
func (m *model) take(f mp3.Frame) ([]byte, bool) {
	begin := f.MainDataBegin()
	if begin > len(*m) {
		return nil, false
	}
	*m = append(bytes.Clone((*m)[len(*m)-begin:]), f.Data[f.MainData():]...)
	return *m, true
}

// Wherever silent frames are added and frames are skipped, each frame that is said to
// be intact has the main data that its encoder meant, and none needs missing ones.
func FuzzPace(f *testing.F) {
	for i := range encoderOutputs {
		f.Add(uint8(i), uint64(i), uint8(50))
	}
	var programmes [][]mp3.Frame
	for _, name := range encoderOutputs {
		programmes = append(programmes, load(f, name))
	}
	f.Fuzz(func(t *testing.T, which uint8, seed uint64, events uint8) {
		p := pace{t: t, of: programmes[int(which)%len(programmes)]}
		random := rand.New(rand.NewPCG(seed, 0))
		for range events {
			p.play(1 + random.IntN(10))
			p.change(random)
		}
		checkMainData(t, p.of, p.list)
	})
}

// checkMainData compares the main data of what was played with those of the programme.
func checkMainData(t *testing.T, of []mp3.Frame, list []aired) {
	var want [][]byte
	var undisturbed, played model
	for i, f := range of {
		data, ok := undisturbed.take(f)
		if !ok {
			t.Fatalf("frame %d of the programme misses bytes", i)
		}
		want = append(want, data[:mp3.Used(f)])
	}
	for i, a := range list {
		h, ok := mp3.ParseHeader(a.data)
		if !ok || h.Size != len(a.data) || h.SampleRate != of[0].SampleRate || h.Channels != of[0].Channels || h.Protected != of[0].Protected {
			t.Fatalf("frame %d is %+v, in a stream of %+v", i, h, of[0].Header)
		}
		f := mp3.Frame{Header: h, Data: bytes.Clone(a.data)}
		data, ok := played.take(f)
		if !ok {
			t.Fatalf("frame %d needs bytes that decoders do not have", i)
		}
		if a.whole && !bytes.Equal(data[:mp3.Used(f)], want[a.at]) {
			t.Fatalf("frame %d is said to be intact, and has other main data", i)
		}
		if h.Protected {
			if mp3.SetCRC(f); !bytes.Equal(f.Data, a.data) {
				t.Fatalf("frame %d has a wrong CRC", i)
			}
		}
	}
}

// Two skipped frames mute none of the frames behind them, except at bit rates where
// their bytes have no room: there, one.
func TestSkippingMutesNothingThatHasRoom(t *testing.T) {
	for _, name := range encoderOutputs {
		t.Run(name, func(t *testing.T) {
			of := load(t, name)
			muted, skips := 0, 0
			for at := 10; at < len(of)-4; at++ {
				p := pace{t: t, of: of}
				p.play(at)
				p.skip(2)
				p.play(2)
				skips++
				for _, f := range p.list {
					if !f.whole {
						muted++
					}
				}
				checkMainData(t, of, p.list)
			}
			if limit := 128000; of[0].BitRate <= limit && muted > 0 || muted > skips {
				t.Errorf("%d frames are muted by %d skips", muted, skips)
			}
			t.Logf("%d frames are muted by %d skips", muted, skips)
		})
	}
}

// The silent frame has room for all that any frame may depend on, in every format.
func TestSilenceCarriesTheWholeReservoir(t *testing.T) {
	for _, h := range everyFormat() {
		var s mp3.Splicer
		fill(&s, h)
		for range 3 {
			got, ok := mp3.ParseHeader(s.Silence())
			if !ok || got.Version != h.Version || got.SampleRate != h.SampleRate || got.Channels != h.Channels || got.Protected != h.Protected || got.BitRate < h.BitRate {
				t.Fatalf("silence in a stream of %+v is %+v", h, got)
			}
		}
		if f := leaning(h); !bytes.Equal(s.Pass(f), f.Data) {
			t.Fatalf("a frame of %+v was changed behind a silence", h)
		}
	}
}

// fill passes frames that use no main data until the bit reservoir is full.
func fill(s *mp3.Splicer, h mp3.Header) {
	f := leaning(h)
	for !bytes.Equal(s.Pass(f), f.Data) {
	}
}

// The bit rates at which any frame is intact behind skipped ones, as Intact promises.
func TestSkippedFramesHaveRoomAtLowBitRates(t *testing.T) {
	for _, h := range everyFormat() {
		limit := 128000
		if h.Version != tcolgate.MPEG1 {
			limit = 64000
		}
		var s mp3.Splicer
		fill(&s, h)
		s.Skip(leaning(h))
		if !s.Intact(leaning(h)) && h.BitRate <= limit {
			t.Fatalf("a frame of %+v has no room for skipped bytes", h)
		}
	}
}

func TestSilenceBeforeTheFirstFrame(t *testing.T) {
	var s mp3.Splicer
	if s.Silence() != nil {
		t.Error("there is silence of no format")
	}
	s.Cut()
	if s.Silence() != nil {
		t.Error("a cut gives the silence a format")
	}
}
