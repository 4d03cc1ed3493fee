package segments

import (
	"bytes"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"relay/codec"
	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/conf"
	"relay/mounts"
)

var stereo = frametest.Header(128000, 44100, 2)

// player plays numbered frames on a mount in real time, while cutters look on.
type player struct {
	*mounts.Input
	n       uint64
	cutters map[*Cutter][]*Segment
}

func play(t *testing.T, test func(p *player)) {
	synctest.Test(t, func(t *testing.T) {
		registry := mounts.NewRegistry(conf.NewLive(conf.Default()), nil, zap.NewNop())
		defer registry.Close()
		in, err := registry.Attach("/live", mounts.Feed{Kind: mounts.LiveSource})
		if err != nil {
			t.Fatal(err)
		}
		test(&player{Input: in, cutters: map[*Cutter][]*Segment{}})
	})
}

// cutter returns a cutter that begins now.
func (p *player) cutter() *Cutter {
	c := &Cutter{}
	p.cutters[c] = nil
	return c
}

// play plays for a time.
func (p *player) play(d time.Duration, h mp3.Header) {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(h.Duration()) {
		p.n++
		p.Write(mp3.Frame{Header: h, Data: frametest.Numbered(h, p.n)}.Unit())
		for c, list := range p.cutters {
			p.cutters[c] = append(list, c.Cut(p.Mount)...)
		}
	}
}

func audioOf(s *Segment) []byte { return bytes.Join(s.Audio(0, math.MaxInt), nil) }

// Segments are whole units in a row, of about 6 s, and the same for each cutter.
func TestCutters(t *testing.T) {
	play(t, func(p *player) {
		first := p.cutter()
		p.play(20*time.Second, stereo)
		p.play(5*time.Second, frametest.Header(64000, 44100, 1))
		p.play(10*time.Second, stereo)
		second := p.cutter()
		p.play(30*time.Second, stereo)
		list, later := p.cutters[first], p.cutters[second]
		same := map[time.Duration]*Segment{}
		n := uint64(0) // number of the last frame
		for i, s := range list {
			same[s.Place] = s
			if i > 0 && (s.Number != list[i-1].Number+1 || s.Place != list[i-1].Place+list[i-1].Length) {
				t.Errorf("segment %d at %v follows %d at %v", s.Number, s.Place, list[i-1].Number, list[i-1].Place)
			}
			edge := i > 0 && s.Domain != list[i-1].Domain || i+1 < len(list) && s.Domain != list[i+1].Domain
			if s.Length > Length+stereo.Duration() || !edge && s.Length < Length-stereo.Duration() {
				t.Errorf("segment %d lasts %v", i, s.Length)
			}
			f := mp3.Codec.NewFramer()
			f.Write(audioOf(s))
			f.Finish()
			length := time.Duration(0)
			for u, ok := f.Next(); ok; u, ok = f.Next() {
				number, _ := frametest.Number(u.Data)
				if n++; number != n || u.Format != s.Format {
					t.Fatalf("segment %d has frame %d, %v, want %d", i, number, u.Format, n)
				}
				length += u.Length
			}
			if length != s.Length || len(audioOf(s)) != s.Size {
				t.Errorf("segment %d has %v and %d bytes, and says %v and %d", i, length, len(audioOf(s)), s.Length, s.Size)
			}
		}
		if domain := list[len(list)-1].Domain; len(list) < 10 || domain != 2 {
			t.Errorf("%d segments, discontinuity sequence number %d at the end", len(list), domain)
		}
		if len(later) < 4 {
			t.Errorf("%d segments of the cutter that began later", len(later))
		}
		for _, s := range later {
			if other := same[s.Place]; other == nil || !bytes.Equal(audioOf(s), audioOf(other)) || s.Epoch != other.Epoch {
				t.Errorf("the segment at %v is not that of the other cutter", s.Place)
			}
		}
	})
}

// A title is at the place where its audio begins, and in force after that.
func TestTitlesOfSegments(t *testing.T) {
	play(t, func(p *player) {
		c := p.cutter()
		p.SetTitle(mounts.Title{Text: "A - One"})
		p.play(8*time.Second, stereo)
		began := time.Now()
		p.SetTitle(mounts.Title{Text: "Two"})
		p.play(12*time.Second, stereo)
		list := p.cutters[c]
		one, two, three := list[0], list[1], list[2]
		if one.Title == nil || one.Title.Tags != (codec.Tags{Artist: "A", Title: "One"}) || len(one.Titles) != 0 {
			t.Errorf("the first segment: %+v", one.Facts)
		}
		if len(two.Titles) != 1 || two.Titles[0].Title != "Two" || two.Titles[0].Play == 0 || two.Titles[0].Began.Sub(began).Abs() > 50*time.Millisecond {
			t.Fatalf("the second one: %+v; the title began at %v", two.Facts, began)
		}
		before := bytes.Join(two.Audio(0, two.Titles[0].Offset), nil)
		if n := len(before) / stereo.Size; n*stereo.Size != len(before) || (time.Duration(n)*stereo.Duration()-2*time.Second).Abs() > 100*time.Millisecond {
			t.Errorf("%d bytes before the title", len(before))
		}
		if three.Title == nil || three.Title.Title != "Two" || !three.Title.Began.Equal(two.Titles[0].Began) {
			t.Errorf("the third one: %+v", three.Title)
		}
		whole := audioOf(one)
		for _, part := range [][2]int{{0, 1}, {5, 5}, {100, 40_000}, {one.Size - 1, one.Size + 5}, {one.Size, one.Size + 1}} {
			if got := bytes.Join(one.Audio(part[0], part[1]), nil); !bytes.Equal(got, whole[part[0]:min(part[1], len(whole))]) {
				t.Errorf("%v: %d bytes", part, len(got))
			}
		}
	})
}
