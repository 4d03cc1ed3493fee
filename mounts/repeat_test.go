package mounts

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"relay/codec"
	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
)

// audio is frames in a row, in parts that are told apart by their numbers.
type audio []codec.Unit

func row(parts ...audio) audio { return slices.Concat(parts...) }

func part(name uint64, from, to int) (p audio) {
	for i := from; i < to; i++ {
		p = append(p, numbered(name<<32|uint64(i)))
	}
	return p
}

func song(from, to int) audio    { return part(1, from, to) }
func newSong(from, to int) audio { return part(2, from, to) }
func jingle(from, to int) audio  { return part(3, from, to) }
func words(from, to int) audio   { return part(4, from, to) }
func intro(from, to int) audio   { return part(5, from, to) }

func noSound(frames int) (p audio) {
	for range frames {
		p = append(p, mp3.Frame{Header: header128, Data: mp3.Silence(header128)}.Unit())
	}
	return p
}

// tone repeats itself every 12 frames.
func tone(from, to int) (p audio) {
	for i := from; i < to; i++ {
		p = append(p, part(6, i%12, i%12+1)...)
	}
	return p
}

// muted clears the side information of the first frames, as an upstream does.
func muted(first int, p audio) audio {
	p = slices.Clone(p)
	for i, f := range p[:first] {
		h, _ := mp3.ParseHeader(f.Data)
		p[i].Data = mp3.Silence(h)
		copy(p[i].Data, f.Data[:mp3.HeaderSize])
		copy(p[i].Data[h.MainData():], f.Data[h.MainData():])
	}
	return p
}

// jointStereo changes the headers, and nothing else.
func jointStereo(p audio) audio {
	for _, f := range p {
		f.Data[3] ^= 0x40
	}
	return p
}

func sameAudio(a, b codec.Unit) bool { return bytes.Equal(a.Data, b.Data) }

// reconnect returns the frames that are played after a break, and how much audio was
// held at most.
func reconnect(played, arriving audio) (out audio, held time.Duration) {
	var r recent
	for _, f := range played {
		r.add(f)
	}
	p := r.match()
	for _, f := range arriving {
		if p == nil {
			out = append(out, f)
			continue
		}
		data := bytes.Clone(f.Data)
		arrived := f
		arrived.Data = data
		for _, ready := range p.next(arrived) {
			ready.Data = bytes.Clone(ready.Data)
			out = append(out, ready)
		}
		clear(data) // as a Framer reuses it
		held = max(held, time.Duration(len(p.held))*f.Length)
		if p.settled {
			p = nil
		}
	}
	if p != nil {
		out = append(out, p.giveUp()...)
	}
	return out, held
}

func TestNothingTwice(t *testing.T) {
	const aSecond = 39 // frames of header128, rounded up
	for name, c := range map[string]struct {
		played, arriving, want audio
	}{
		"nothing was played":               {nil, song(0, 100), song(0, 100)},
		"the burst begins within":          {song(0, 1000), song(700, 1100), song(1000, 1100)},
		"the burst begins with the first":  {song(500, 1000), song(500, 1100), song(1000, 1100)},
		"the burst begins before":          {song(500, 1000), song(400, 1100), row(song(400, 500), song(1000, 1100))},
		"the burst begins long before":     {song(900, 1000), song(0, 1100), row(song(0, 900), song(1000, 1100))},
		"the burst exceeds what is stored": {song(0, 3000), song(1900, 3100), row(song(1900, 3000-recentFrames), song(3000, 3100))},
		"a burst of 20 s":                  {song(0, 5000), song(4234, 5100), song(5000, 5100)},
		"the burst begins right after":     {song(0, 1000), song(1000, 1100), song(1000, 1100)},
		"the burst begins later":           {song(0, 1000), song(1500, 1600), song(1500, 1600)},
		"one frame twice":                  {song(0, 1000), song(999, 1100), song(1000, 1100)},
		"few were played":                  {song(0, 3), song(0, 100), song(3, 100)},
		"all of it and nothing else":       {song(0, 1000), song(0, 1000), nil},
		"muted at first":                   {song(0, 1000), muted(9, song(700, 1100)), song(1000, 1100)},
		"all muted, and one frame twice":   {song(0, 1000), muted(1, song(999, 1100)), song(1000, 1100)},
		"was muted when it was played":     {muted(9, song(0, 100)), song(0, 150), song(100, 150)},

		"some were lost":                {song(0, 1000), row(song(700, 800), song(850, 1100)), song(1000, 1100)},
		"often some were lost":          {song(0, 1000), row(song(700, 720), song(750, 770), song(900, 950), song(990, 1100)), song(1000, 1100)},
		"the rest was lost":             {song(0, 1000), row(song(700, 990), song(1010, 1100)), row(song(700, 990), song(1010, 1100))},
		"something else was in between": {song(0, 1000), row(song(700, 800), words(0, 20), song(850, 1100)), row(words(0, 20), song(1000, 1100))},
		"begins with something else":    {song(0, 1000), row(intro(0, 200), song(700, 1100)), row(intro(0, 200), song(1000, 1100))},

		"begins with something else, and some were lost": {song(0, 1000), row(intro(0, 200), song(700, 800), words(0, 20), song(850, 1100)),
			row(intro(0, 200), words(0, 20), song(1000, 1100))},

		"in silence":                      {row(song(0, 100), noSound(50)), row(noSound(30), newSong(0, 50)), row(noSound(30), newSong(0, 50))},
		"silence goes on":                 {row(song(0, 100), noSound(50)), row(song(80, 100), noSound(70), newSong(0, 50)), row(noSound(20), newSong(0, 50))},
		"begins in short silence":         {row(song(0, 100), noSound(30), song(100, 200)), row(noSound(20), song(100, 250)), song(200, 250)},
		"begins in long silence":          {row(song(0, 100), noSound(200), song(100, 200)), row(noSound(90), song(100, 250)), row(noSound(90), song(200, 250))},
		"silence only":                    {noSound(2000), noSound(500), noSound(500)},
		"silence before and music after":  {row(song(0, 10), noSound(2000)), row(noSound(500), newSong(0, 50)), row(noSound(500), newSong(0, 50))},
		"one silent frame":                {row(song(0, 100), noSound(1)), row(newSong(0, 20), noSound(1), newSong(20, 50)), row(newSong(0, 20), noSound(1), newSong(20, 50))},
		"in a test tone":                  {tone(0, 1000), tone(500, 1500), tone(500, 1500)},
		"a test tone after music":         {row(song(0, 100), tone(0, 300)), row(song(90, 100), tone(0, 900)), tone(300, 900)},
		"a test tone goes on after music": {row(song(0, 100), tone(0, 300)), tone(200, 900), tone(200, 900)},

		"a jingle 25 s later":           {row(jingle(0, 115), song(0, 850)), row(jingle(0, 115), newSong(0, 100)), row(jingle(0, 115), newSong(0, 100))},
		"a jingle soon again":           {row(jingle(0, 115), song(0, 20)), row(jingle(0, 115), newSong(0, 100)), row(jingle(0, 115), newSong(0, 100))},
		"a jingle minutes later":        {row(jingle(0, 115), song(0, 5000)), row(jingle(0, 115), newSong(0, 100)), row(jingle(0, 115), newSong(0, 100))},
		"a jingle and the burst":        {row(jingle(0, 115), song(0, 500)), row(jingle(60, 115), song(0, 500), jingle(0, 115), newSong(0, 9)), row(jingle(0, 115), newSong(0, 9))},
		"a jingle twice in the burst":   {row(jingle(0, 115), song(0, 500), jingle(0, 115)), row(song(400, 500), jingle(0, 115), newSong(0, 9)), newSong(0, 9)},
		"a jingle after something else": {row(jingle(0, 115), song(0, 500)), row(words(0, 90), jingle(0, 115), newSong(0, 100)), row(words(0, 90), jingle(0, 115), newSong(0, 100))},
		"a jingle that ends in the same silence": {row(jingle(0, 115), noSound(9), song(0, 500), noSound(9)),
			row(jingle(0, 115), noSound(9), newSong(0, 100)), row(jingle(0, 115), noSound(9), newSong(0, 100))},
		"the burst, then a repetition": {song(0, 300), row(song(200, 300), song(200, 300)), song(200, 300)},
		"encoded anew":                 {song(0, 1000), newSong(700, 1100), newSong(700, 1100)},
		"as joint stereo":              {song(0, 1000), jointStereo(song(700, 1100)), jointStereo(song(700, 1100))},
	} {
		t.Run(name, func(t *testing.T) {
			out, held := reconnect(c.played, c.arriving)
			if !slices.EqualFunc(out, c.want, sameAudio) {
				t.Errorf("%d of %d frames are played:\n%s\nwant %d:\n%s", len(out), len(c.arriving), text(out), len(c.want), text(c.want))
			}
			if most := time.Duration(len(c.played)+aSecond) * header128.Duration(); held > most {
				t.Errorf("%v are held", held)
			}
		})
	}
}

// text lists the parts of audio.
func text(p audio) (s string) {
	for i := 0; i < len(p); {
		n, numbered := frametest.Number(p[i].Data)
		length := uint64(1)
		for i++; i < len(p); i++ {
			next, ok := frametest.Number(p[i].Data)
			if ok != numbered || numbered && next != n+length {
				break
			}
			length++
		}
		if numbered {
			s += fmt.Sprintf("part %d: %d to %d; ", n>>32, uint32(n), uint32(n)+uint32(length))
		} else {
			s += fmt.Sprintf("%d without a number; ", length)
		}
	}
	return s
}

// What matches nothing is not delayed, and what may match is held for a second.
func TestRepeatHoldsLittle(t *testing.T) {
	for name, c := range map[string]struct {
		played, arriving audio
		most             time.Duration
	}{
		"a new song":   {song(0, 2000), newSong(0, 2000), 0},
		"silence":      {row(song(0, 100), noSound(500), song(100, 200)), noSound(2000), time.Second},
		"a test tone":  {row(song(0, 100), tone(0, 500), song(100, 200)), tone(0, 2000), time.Second},
		"single ones":  {song(0, 1000), row(newSong(0, 100), song(10, 11), newSong(100, 200), song(999, 1000), newSong(200, 300)), header128.Duration()},
		"half a burst": {song(0, 1000), row(song(990, 995), newSong(0, 300)), time.Second + 5*header128.Duration()},
	} {
		t.Run(name, func(t *testing.T) {
			out, held := reconnect(c.played, c.arriving)
			if !slices.EqualFunc(out, c.arriving, sameAudio) || held > c.most {
				t.Errorf("%d of %d frames are played, %v held, want at most %v", len(out), len(c.arriving), held, c.most)
			}
		})
	}
}

// A source may play for ever what it has played before; the search ends all the same.
func TestRepeatEnds(t *testing.T) {
	var r recent
	for _, f := range row(jingle(0, 500), song(0, 500)) {
		r.add(f)
	}
	p := r.match()
	arrived, out := 0, 0
	for ; !p.settled; arrived++ {
		if arrived > 2*recentFrames {
			t.Fatalf("not settled after %d frames", arrived)
		}
		out += len(p.next(jingle(arrived%500, arrived%500+1)[0]))
	}
	if out != arrived || p.leftOut != 0 {
		t.Errorf("%d of %d frames are played, %v left out", out, arrived, p.leftOut)
	}
}

func TestRepeatGivesUp(t *testing.T) {
	var r recent
	for _, f := range song(0, 1000) {
		r.add(f)
	}
	p := r.match()
	for _, f := range song(500, 700) {
		if len(p.next(f)) > 0 {
			t.Fatal("it plays what may be a repeat")
		}
	}
	if held := p.giveUp(); !slices.EqualFunc(held, song(500, 700), sameAudio) || !p.settled || p.leftOut != 0 {
		t.Errorf("%s are played, settled: %v", text(held), p.settled)
	}
}

func TestRepeatIsCounted(t *testing.T) {
	var r recent
	for _, f := range song(0, 1000) {
		r.add(f)
	}
	p := r.match()
	for _, f := range song(800, 1000) {
		p.next(f)
	}
	if want := 200 * header128.Duration(); p.leftOut != want || p.settled {
		t.Errorf("%v left out, want %v; settled: %v", p.leftOut, want, p.settled)
	}
	if p.next(song(1000, 1001)[0]); !p.settled {
		t.Error("not settled")
	}
}

// Gaps tell where a mp3.Splicer must cut.
func TestGapsAfterRepeat(t *testing.T) {
	for name, c := range map[string]struct {
		arriving audio
		want     []int // the frames with a gap, of those that are played
	}{
		"the whole burst":               {song(50, 150), nil},
		"nothing in common":             {song(120, 150), []int{0}},
		"older ones first":              {row(intro(0, 20), song(50, 150)), []int{0, 20}},
		"something else was in between": {row(song(50, 70), words(0, 20), song(70, 150)), []int{0, 20}},
		"a jingle":                      {row(song(50, 70), newSong(0, 50)), []int{0}},
	} {
		t.Run(name, func(t *testing.T) {
			c.arriving[0].Gap = true
			out, _ := reconnect(song(0, 100), c.arriving)
			var gaps []int
			for i, f := range out {
				if f.Gap {
					gaps = append(gaps, i)
				}
			}
			if !slices.Equal(gaps, c.want) {
				t.Errorf("gaps at %v, want %v", gaps, c.want)
			}
		})
	}
}

// encoded returns the frames of an encoder, as a Framer cuts them from the byte at.
func encoded(t testing.TB, name string, at int) (p audio) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "codec", "mp3", "testdata", name+".mp3"))
	if err != nil {
		t.Fatal(err)
	}
	c := mp3.Codec.NewFramer()
	c.Write(b[at:])
	c.Finish()
	for f, ok := c.Next(); ok; f, ok = c.Next() {
		f.Data = bytes.Clone(f.Data)
		p = append(p, f)
	}
	return p
}

// joined returns frames as an upstream sends them to a relay that joins: the first ones
// are muted.
func joined(p audio) (sent audio) {
	s := mp3.Codec.NewSplicer()
	for _, f := range p {
		f.Data = bytes.Clone(s.Pass(f))
		sent = append(sent, f)
	}
	return sent
}

// The output of real encoders, which uses the bit reservoir, is spliced without a
// change, wherever the burst begins.
func TestEncodedAudioGoesOn(t *testing.T) {
	for _, name := range []string{
		"cbr-128-44100-stereo", "vbr-xing-44100-stereo", "cbr-32-22050-mono",
		"cbr-16-8000-mono", "crc-96-48000-stereo", "tags-64-44100-stereo",
	} {
		all := encoded(t, name, 0)
		before := all[:len(all)*2/3]
		size := 0
		for _, f := range before {
			size += len(f.Data)
		}
		for _, c := range []struct {
			upstream string
			join     func(audio) audio
		}{
			{"icecast", func(p audio) audio { return p }},
			{"relay", joined},
		} {
			for _, at := range []int{100, size / 3, size * 3 / 4} {
				t.Run(fmt.Sprintf("%s/%s/%d", name, c.upstream, at), func(t *testing.T) {
					out, _ := reconnect(c.join(before), c.join(encoded(t, name, at)))
					s := mp3.Codec.NewSplicer()
					for _, f := range before {
						s.Pass(f)
					}
					after := all[len(before):]
					if len(out) != len(after) {
						t.Fatalf("%d frames are played, want %d", len(out), len(after))
					}
					for i, f := range out {
						if !bytes.Equal(s.Pass(f), after[i].Data) {
							t.Errorf("frame %d differs", i)
						}
					}
				})
			}
		}
	}
}

func TestRememberingDoesNotAllocate(t *testing.T) {
	var r recent
	f := numbered(1)
	for range recentFrames {
		r.add(f)
	}
	if allocs := testing.AllocsPerRun(1000, func() { r.add(f) }); allocs > 0 {
		t.Errorf("%v allocations a frame", allocs)
	}
}

// FuzzRepeat compares with a search that looks at everything again for each frame.
func FuzzRepeat(f *testing.F) {
	f.Add([]byte("abcdefghijklmnop"), []byte("ijklmnopqrst"))
	f.Add([]byte("abcdeSSSSSfghSSSSSSSS"), []byte("SSSfghSSSSSSSSSSSijk"))
	f.Add([]byte("JKLabcdefghijkJKL"), []byte("JKLxyzabcdefghijkJKLmno"))
	f.Add(bytes.Repeat([]byte("abc"), 30), bytes.Repeat([]byte("bca"), 30))
	f.Add([]byte("abcdefghijklmnopqr"), append(bytes.Repeat([]byte("S"), 60), "ghijklmnopqrst"...))
	f.Add([]byte("SSSSSSSSSSSSabcdef"), []byte("SSSSSSabcfghSSSSSSSSSSSSabcdefx"))
	f.Fuzz(func(t *testing.T, before, after []byte) {
		before, after = before[:min(len(before), 200)], after[:min(len(after), 200)]
		played, arriving := letters(before), letters(after)
		var r recent
		for _, f := range played {
			r.add(f)
		}
		p := r.match()
		if p == nil {
			if slices.ContainsFunc(before, func(b byte) bool { return bytes.Count(before, []byte{b}) == 1 }) {
				t.Fatal("there is a landmark, and nothing is compared")
			}
			return
		}
		out := map[int]bool{} // by place in after
		last := -1
		took := func(frames []codec.Unit) {
			for _, f := range frames {
				at := int(f.Data[placeAt])
				if at <= last {
					t.Fatalf("frame %d follows frame %d", at, last)
				}
				out[at], last = true, at
			}
		}
		for _, f := range arriving {
			if p.settled {
				took([]codec.Unit{f})
				continue
			}
			took(p.next(f))
		}
		took(p.giveUp())
		compare(t, before, after, out)
	})
}

// placeAt is a byte of the side information.
const placeAt = mp3.HeaderSize + 8

// letters returns a frame for each letter, equal for equal letters but for its place.
func letters(b []byte) (p audio) {
	for i, letter := range b {
		f := numbered(uint64(letter))
		f.Data[placeAt] = byte(i)
		p = append(p, f)
	}
	return p
}

// compare checks which of the frames that arrived after were played.
func compare(t *testing.T, before, after []byte, out map[int]bool) {
	t.Helper()
	// proved reports whether the run that ends with after[at] and before[end] is proved.
	proved := func(at, end int) bool {
		length, landmarks := 0, 0
		for ; length <= min(at, end) && after[at-length] == before[end-length]; length++ {
			if bytes.Count(before, before[end-length:][:1]) == 1 {
				landmarks++
			}
		}
		return landmarks >= enoughLandmarks || landmarks > 0 && length == at+1
	}
	end := 0
	for end < len(after) && !proved(end, len(before)-1) {
		end++
	}
	for at, letter := range after {
		switch {
		case out[at]:
		case end == len(after) || at > end:
			t.Fatalf("frame %d of %q after %q is missing: it is new", at, after, before)
		case !bytes.Contains(before, []byte{letter}):
			t.Fatalf("frame %d of %q after %q is missing: it was never played", at, after, before)
		}
	}
	for at := end; end < len(after) && at >= 0 && proved(at, len(before)-1-(end-at)); at-- {
		if out[at] {
			t.Fatalf("frame %d of %q after %q is played twice", at, after, before)
		}
	}
}

func BenchmarkRemember(b *testing.B) {
	var r recent
	f := numbered(1)
	b.ReportAllocs()
	for b.Loop() {
		r.add(f)
	}
}

// A burst of 20 s.
func BenchmarkRepeat(b *testing.B) {
	var r recent
	for _, f := range song(0, recentFrames) {
		r.add(f)
	}
	burst := song(recentFrames-766, recentFrames)
	b.ReportAllocs()
	for b.Loop() {
		p := r.match()
		for _, f := range burst {
			p.next(f)
		}
	}
}
