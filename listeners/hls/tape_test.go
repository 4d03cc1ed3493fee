package hls

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"relay/codec/aac"
	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/internal/id3"
	"relay/mounts"
	"relay/segments"
)

// Segments are whole frames of about 6 s. Joined without their heads, they are the stream.
func TestSegmentsAreTheStream(t *testing.T) {
	run(t, live, func(t *testing.T, s *station) {
		d := s.attachWanted("/live", mounts.LiveSource)
		at := d.Mount.Stream.Behind(math.MaxInt64)
		d.play(100 * time.Second)
		d.Detach()
		time.Sleep(2 * time.Second) // the grace
		var stream, joined []byte
		for piece := at.Next(); len(piece) > 0; piece = at.Next() {
			stream = append(stream, piece...)
			at.Advance(len(piece))
		}
		tape := s.tape("/live")
		tape.mu.Lock()
		defer tape.mu.Unlock()
		last := uint64(0)
		for i, seg := range tape.segments {
			audio := seg.whole()[len(seg.head):]
			joined = append(joined, audio...)
			length := time.Duration(0)
			for len(audio) > 0 {
				h, ok := mp3.ParseHeader(audio)
				if !ok || len(audio) < h.Size {
					t.Fatalf("segment %d does not consist of whole frames", i)
				}
				n, _ := frametest.Number(audio[:h.Size])
				if last > 0 && n != last+1 {
					t.Fatalf("frame %d follows %d", n, last)
				}
				last, audio, length = n, audio[h.Size:], length+h.Duration()
			}
			if off := (seg.Length - target).Abs(); length != seg.Length || off > stereo.Duration() && i < len(tape.segments)-1 {
				t.Errorf("segment %d lasts %v, told as %v", i, length, seg.Length)
			}
		}
		if !bytes.HasSuffix(stream, joined) || len(stream) != len(joined) {
			t.Errorf("%d bytes in segments of a stream of %d", len(joined), len(stream))
		}
	})
}

// A tape that begins later makes the same files, with the same names and numbers.
func TestALaterTapeMakesTheSame(t *testing.T) {
	for name, formats := range map[string][]mp3.Header{
		"one format":   {stereo, stereo, stereo},
		"two formats":  {stereo, frametest.Header(64000, 44100, 1), stereo},
		"three before": {frametest.Header(64000, 44100, 1), frametest.Header(64000, 48000, 2), stereo},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, live, func(t *testing.T, s *station) {
				d := s.attachWanted("/live", mounts.LiveSource)
				d.SetTitle(mounts.Title{Text: "A - B"})
				for i, h := range formats {
					d.header = h
					d.play(time.Duration(13+i) * time.Second)
				}
				later := newTape()
				later.want(time.Now())
				for range 400 {
					d.play(250 * time.Millisecond)
					later.advance(d.Mount, time.Hour, time.Now())
				}
				synctest.Wait()
				first := map[string]*segment{}
				for _, seg := range listing(s.tape("/live")) {
					first[seg.name] = seg
				}
				for i, seg := range listing(later) {
					same := first[seg.name]
					if same == nil || !bytes.Equal(same.whole(), seg.whole()) || name == "one format" && same.Number != seg.Number {
						t.Fatalf("segment %d, %s number %d, is not %+v", i, seg.name, seg.Number, same)
					}
				}
				if n := len(listing(later)); n < 15 {
					t.Errorf("%d segments", n)
				}
			})
		})
	}
}

// Numbers go on in a row over the end of a mount and over changes of format, and each
// break is told, once, as long as it is listed.
func TestBreaksAreTold(t *testing.T) {
	run(t, live+"hls_window = '1m'\n", func(t *testing.T, s *station) {
		v := newViewer(t)
		second := func(d *deck) func() { return func() { d.play(time.Second) } }
		d := s.attach("/live", mounts.LiveSource)
		v.watch(s, "/live", 40, second(d))
		d.header = frametest.Header(64000, 44100, 1)
		v.watch(s, "/live", 24, second(d))
		if v.last.DiscontinuitySeq != 0 || v.domains[v.last.SeqNo+uint64(v.last.Count())-1] != 1 {
			t.Errorf("after a change of format: %+v", v.domains)
		}
		d.Detach()
		v.watch(s, "/live", 20, func() { time.Sleep(time.Second) })
		if s.Registry.Find("/live") != nil {
			t.Fatal("the mount stays")
		}
		for range 3 {
			d = s.attach("/live", mounts.LiveSource)
			v.watch(s, "/live", 20, second(d))
			d.Detach()
			v.watch(s, "/live", 5, func() { time.Sleep(time.Second) })
		}
		d = s.attach("/live", mounts.LiveSource)
		v.watch(s, "/live", 100, second(d))
		if p := v.last; p.DiscontinuitySeq != 5 || v.domains[p.SeqNo] != 5 {
			t.Errorf("discontinuity sequence %d at the end", p.DiscontinuitySeq)
		}
		for n := range v.segments {
			if before, ok := v.domains[n-1]; ok && v.domains[n] != before && v.domains[n] != before+1 {
				t.Errorf("segment %d jumps from %d to %d", n, before, v.domains[n])
			}
		}
	})
}

// A format that changes where a segment ends is a break too, and one between two frames of
// a codec that cannot be packed is none.
func TestBreaksAtTheEdge(t *testing.T) {
	s := newStation(t, live, nil)
	d := s.attach("/live", mounts.LiveSource)
	tape := newTape()
	fill := func(h mp3.Header) { // up to the end of a segment
		d.header = h
		for n := len(tape.segments); len(tape.segments) == n; tape.advance(d.Mount, time.Hour, time.Now()) {
			d.send()
		}
	}
	d.send()
	tape.advance(d.Mount, time.Hour, time.Now())
	fill(stereo)
	fill(frametest.Header(64000, 44100, 1))
	fill(frametest.Header(64000, 44100, 1))
	fill(stereo)
	var domains []int64
	for _, seg := range tape.segments {
		domains = append(domains, seg.Domain)
	}
	if fmt.Sprint(domains) != "[0 1 1 2]" {
		t.Errorf("domains %v", domains)
	}
	s.Registry.Close()
}

// A source whose format changes every second costs short segments, and nothing else.
func TestFormatsThatChangeEverySecond(t *testing.T) {
	run(t, live+"hls_window = '1m'\n", func(t *testing.T, s *station) {
		v, d := newViewer(t), s.attach("/live", mounts.LiveSource)
		other := frametest.Header(64000, 44100, 1)
		v.watch(s, "/live", 200, func() {
			d.header, other = other, d.header
			d.play(time.Second)
		})
		p, _ := s.tape("/live").want(time.Now())
		if n := len(listing(s.tape("/live"))); n < 60 || n > 140 {
			t.Errorf("%d segments are kept", n)
		}
		if p.average > p.peak || p.peak > 400_000 {
			t.Errorf("peak %d, average %d bit/s", p.peak, p.average)
		}
	})
}

// The time of each segment is when its audio came, for days, whatever the clock of the
// source.
func TestTimesDoNotDrift(t *testing.T) {
	for name, tt := range map[string]struct {
		clock    float64
		listened bool
		hours    int
	}{
		"exact":           {1, true, 2},
		"slow":            {1 - 100e-6, false, 2},
		"slow, listeners": {1 - 100e-6, true, 24},
		"fast":            {1 + 100e-6, false, 2},
		"fast, listeners": {1 + 100e-6, true, 5},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, live, func(t *testing.T, s *station) {
				d := s.attach("/live", mounts.LiveSource)
				d.header, d.clock = slow, tt.clock
				d.always = d.unit() // makes days cheap
				d.play(5 * time.Second)
				if tt.listened {
					if err := d.Mount.Audience.Join(&mounts.Listener{}); err != nil {
						t.Fatal(err)
					}
				}
				worst, uneven, seen := time.Duration(0), time.Duration(0), int64(0)
				var last *segment
				for range tt.hours * 60 {
					d.play(time.Minute)
					for _, seg := range listing(s.tape("/live")) {
						if seg.Number <= seen {
							continue
						}
						if last != nil && seg.Domain == last.Domain && seg.Number == last.Number+1 {
							uneven = max(uneven, seg.Began.Sub(last.Ended()).Abs())
						}
						seen, last = seg.Number, seg
						if came, ok := d.came[placeOf(seg.name)]; ok {
							worst = max(worst, seg.Began.Sub(came).Abs())
						}
					}
				}
				t.Logf("%d segments; %v from when the audio came, %v uneven", seen, worst, uneven)
				most := 3 * time.Millisecond
				if tt.listened && tt.clock != 1 { // the mount leaves out frames, or adds silent ones
					most = d.header.Duration() / 2
				}
				if worst > 50*time.Millisecond || uneven > most {
					t.Errorf("times are %v wrong, and %v uneven", worst, uneven)
				}
			})
		})
	}
}

// What a relay is sent at once at its beginning was made before.
func TestTimesOfABurst(t *testing.T) {
	for _, burst := range []time.Duration{0, time.Second, 5 * time.Second} {
		run(t, live, func(t *testing.T, s *station) {
			d := s.attachWanted("/live", mounts.Relayed)
			began := time.Now()
			d.burst(burst)
			d.play(2 * time.Minute)
			var last *segment
			for i, seg := range listing(s.tape("/live")) {
				if off := seg.Began.Sub(began.Add(time.Duration(placeOf(seg.name))*time.Millisecond - burst)); off.Abs() > 50*time.Millisecond {
					t.Errorf("burst of %v: segment %d is %v off", burst, i, off)
				}
				if last != nil && seg.Began.Sub(last.Ended()).Abs() > 10*time.Millisecond {
					t.Errorf("burst of %v: segment %d begins %v after the end of the one before", burst, i, seg.Began.Sub(last.Ended()))
				}
				last = seg
			}
		})
	}
}

// A break within a segment does not change the time of what came before it.
func TestTimesAroundABreak(t *testing.T) {
	run(t, live+"[limits]\nburst = '1s'\n", func(t *testing.T, s *station) {
		d := s.attachWanted("/live", mounts.LiveSource)
		d.play(33 * time.Second)
		d.pause(20 * time.Second)
		d.play(60 * time.Second)
		for i, seg := range listing(s.tape("/live")) {
			if off := seg.Began.Sub(d.came[placeOf(seg.name)]); off.Abs() > 100*time.Millisecond && i != 6 && i != 7 { // the clock needs 10 s to see that the lead is lost
				t.Errorf("segment %d is %v off", i, off)
			}
		}
	})
}

// The clock of the day may be set: segments are kept and listed by their audio.
func TestClockJumps(t *testing.T) {
	for _, jump := range []time.Duration{-time.Hour, time.Hour, -365 * 24 * time.Hour} {
		run(t, live+"hls_window = '1m'\n", func(t *testing.T, s *station) {
			d := s.attach("/live", mounts.LiveSource)
			d.play(70 * time.Second)
			tape := s.tape("/live")
			tape.mu.Lock()
			for _, seg := range tape.segments { // as if the clock had been set just now
				seg.Began = seg.Began.Add(-jump)
			}
			tape.mu.Unlock()
			tape.want(time.Now())
			d.play(200 * time.Second)
			if n := len(listing(tape)); n < 12 || n > 14 {
				t.Errorf("clock set by %v: %d segments are kept", jump, n)
			}
		})
	}
}

// Titles begin where their audio does.
func TestTitles(t *testing.T) {
	run(t, live, func(t *testing.T, s *station) {
		v, d := newViewer(t), s.attach("/live", mounts.LiveSource)
		second := func() { d.play(time.Second) }
		v.watch(s, "/live", 10, second)
		if len(v.titles) != 0 {
			t.Errorf("titles before the first one: %v", v.spoken)
		}
		set := map[string]time.Time{}
		for i, text := range []string{
			"Artist - Title", "Artist - Title", "no artist", `"quoted", BAD="x"` + "\r\n#EXT-X-ENDLIST\n", "\u0085\u2028\x00\x7fx - \u009by",
			"\xff - \xfe", "😀 - é", "a - b - c", "",
		} {
			d.SetTitle(mounts.Title{Text: text})
			set[fmt.Sprint(i)] = time.Now()
			v.watch(s, "/live", 7+i, second)
			d.SetTitle(mounts.Title{Text: text}) // no news
			v.watch(s, "/live", 1, second)
		}
		v.watch(s, "/live", 12, second)
		want := []string{"Artist|Title", "|no artist", `|'quoted', BAD='x'  #EXT-X-ENDLIST `, "    x| y", "\ufffd|\ufffd", "😀|é", "a|b - c", "|"}
		if fmt.Sprintf("%q", v.spoken) != fmt.Sprintf("%q", want) {
			t.Errorf("titles %q, want %q", v.spoken, want)
		}
		for id, r := range v.titles {
			began := false
			for _, at := range set {
				began = began || r.StartDate.Sub(at).Abs() < 300*time.Millisecond
			}
			if !began {
				t.Errorf("title %s began at %v, set at %v", id, r.StartDate, set)
			}
		}
	})
}

// A title that no audio has followed is none: another one took its place.
func TestTitlesWithoutAudio(t *testing.T) {
	run(t, live, func(t *testing.T, s *station) {
		v, d := newViewer(t), s.attach("/live", mounts.LiveSource)
		d.SetTitle(mounts.Title{Text: "one"})
		v.watch(s, "/live", 8, func() { d.play(time.Second) })
		for _, text := range []string{"two", "three", "one", "four"} {
			d.SetTitle(mounts.Title{Text: text})
			time.Sleep(3 * pace) // the tape looks at the stream
		}
		v.watch(s, "/live", 14, func() { d.play(time.Second) })
		if fmt.Sprint(v.spoken) != "[|one |four]" {
			t.Errorf("titles %q", v.spoken)
		}
	})
}

// A flood of titles costs a bounded amount of memory.
func TestAFloodOfTitles(t *testing.T) {
	run(t, live+"hls_window = '2m'\n", func(t *testing.T, s *station) {
		v, d := newViewer(t), s.attach("/live", mounts.Files) // titles of the server's own have no limit of their pace
		n := 0
		v.watch(s, "/live", 200, func() {
			for range 20 {
				d.play(50 * time.Millisecond)
				for range 8 {
					n++
					d.SetTitle(mounts.Title{Text: fmt.Sprint(n) + strings.Repeat("x", 1000)})
				}
			}
		})
		if most := 20*(segments.MaxTitles+1) + 10; len(v.last.DateRanges) > most {
			t.Errorf("%d titles are listed", len(v.last.DateRanges))
		}
		p, _ := s.tape("/live").want(time.Now())
		if last := p.segments[len(p.segments)-1]; len(p.plain) > 300_000 || last.Titles[len(last.Titles)-1].Began.Sub(last.Began) < target-time.Second {
			t.Errorf("%d bytes; the last title is not the latest", len(p.plain))
		}
	})
}

// Each file begins with a tag: when it is to be played, and the title at its beginning.
func TestHeads(t *testing.T) {
	run(t, live, func(t *testing.T, s *station) {
		d := s.attach("/live", mounts.LiveSource)
		d.SetTitle(mounts.Title{Text: "Ärtist - Title 😀"})
		d.play(9 * time.Second)
		d.SetTitle(mounts.Title{Text: "later"})
		d.play(11 * time.Second)
		epoch := d.Mount.Stream.Epoch
		for i, seg := range listing(s.tape("/live")) {
			file := seg.whole()
			title, artist := id3.Read(bytes.NewReader(file), int64(len(file)), func(s string) string { return s })
			want := []string{"Title 😀|Ärtist", "Title 😀|Ärtist", "later|"}[i]
			if title+"|"+artist != want {
				t.Errorf("segment %d: %s|%s, want %s", i, title, artist, want)
			}
			const owner = "com.apple.streaming.transportStreamTimestamp\x00"
			if string(file[:5]) != "ID3\x04\x00" || string(file[10:14]) != "PRIV" || string(file[20:20+len(owner)]) != owner {
				t.Fatalf("begins with %q", file[:60])
			}
			size := func(b []byte) int { return int(b[0])<<21 | int(b[1])<<14 | int(b[2])<<7 | int(b[3]) }
			if size(file[14:18]) != len(owner)+8 || 10+size(file[6:10]) != len(seg.head) {
				t.Errorf("sizes %d and %d", size(file[14:18]), size(file[6:10]))
			}
			stamp := binary.BigEndian.Uint64(file[20+len(owner):])
			played := time.Duration(epoch.Began.UnixMilli())*time.Millisecond + target*time.Duration(i)
			if off := int64(stamp) - int64(uint64(played.Seconds()*90_000)%(1<<33)); stamp >= 1<<33 || off < -2 || off > 90*30 {
				t.Errorf("segment %d is to be played at %d, %d off", i, stamp, off)
			}
		}
	})
}

// The counter of 33 bits wraps.
func TestTimestampWraps(t *testing.T) {
	wrap := time.UnixMilli(0).Add((1 << 33) * time.Second / 90_000).Truncate(time.Millisecond)
	for _, tt := range []struct {
		played time.Duration
		want   uint64
	}{{0, 1<<33 - 8}, {time.Second, 90_000 - 8}, {100 * 365 * 24 * time.Hour, 0}} {
		head := headOf(&segments.Facts{EpochBegan: wrap, Place: tt.played})
		got := binary.BigEndian.Uint64(head[2*10+len(timestampOwner)+1:])
		if got >= 1<<33 || tt.want != 0 && (got > tt.want+90 || got+90 < tt.want) {
			t.Errorf("after %v: %d, want %d", tt.played, got, tt.want)
		}
	}
}

// Without players a mount keeps what a playlist needs, with players its window, and ten
// minutes after the last one the former again.
func TestWhatIsKept(t *testing.T) {
	run(t, live+"hls_window = '2m'\n", func(t *testing.T, s *station) {
		d := s.attach("/live", mounts.LiveSource)
		tape := func() *tape { return s.tape("/live") }
		d.play(5 * time.Minute)
		if n := len(listing(tape())); n != leastListed {
			t.Errorf("%d segments are kept for nobody", n)
		}
		v := newViewer(t)
		v.watch(s, "/live", 200, func() { d.play(time.Second) })
		if kept, listed := len(listing(tape())), int(v.last.Count()); kept != 23 || listed != 20 {
			t.Errorf("%d segments are kept, %d listed", kept, listed)
		}
		s.reload(live + "hls_window = '1m'\n")
		v.watch(s, "/live", 30, func() { d.play(time.Second) })
		if n := v.last.Count(); n != 10 {
			t.Errorf("%d segments are listed after a reload", n)
		}
		s.reload(live + "hls_window = '3m'\n")
		v.watch(s, "/live", 10, func() { d.play(time.Second) }) // checks that none returns
		v.watch(s, "/live", 200, func() { d.play(time.Second) })
		if n := v.last.Count(); n != 30 {
			t.Errorf("%d segments are listed after another reload", n)
		}
		d.play(9 * time.Minute)
		if n := len(listing(tape())); n != 33 {
			t.Errorf("%d segments are kept 9 minutes after the last player", n)
		}
		d.play(2 * time.Minute)
		if n := len(listing(tape())); n != leastListed {
			t.Errorf("%d segments are kept 11 minutes after the last player", n)
		}
		newViewer(t).watch(s, "/live", 60, func() { d.play(time.Second) })
	})
}

// A mount that is gone keeps its tape only while players may wait for it.
func TestTapesOfMountsThatAreGone(t *testing.T) {
	run(t, live+"hls_window = '5m'\n", func(t *testing.T, s *station) {
		for i := range 50 {
			d := s.attach(fmt.Sprintf("/show-%d", i), mounts.LiveSource)
			d.play(10 * time.Second)
			if i == 0 {
				s.tape("/show-0").want(time.Now())
			}
			d.Detach()
		}
		time.Sleep(2 * time.Second)
		if s.tape("/show-0") != nil || len(s.tapes) > 1 { // 490 s ago
			t.Errorf("%d tapes are left", len(s.tapes))
		}
		d := s.attach("/show", mounts.LiveSource)
		d.play(10 * time.Second)
		s.tape("/show").want(time.Now())
		d.Detach()
		time.Sleep(4 * time.Minute)
		if s.tape("/show") == nil {
			t.Error("a player that waits finds nothing")
		}
		time.Sleep(3 * time.Minute)
		if s.tape("/show") != nil {
			t.Error("a tape outlives its window")
		}
	})
}

// HLS that is switched off and on again begins anew, and never with a name that a cache
// knows for other bytes.
func TestOffAndOn(t *testing.T) {
	run(t, live, func(t *testing.T, s *station) {
		d := s.attach("/live", mounts.LiveSource)
		files := map[string][]byte{}
		collect := func() {
			for _, seg := range listing(s.tape("/live")) {
				if before, known := files[seg.name]; known && !bytes.Equal(before, seg.whole()) {
					t.Fatalf("%s has other bytes", seg.name)
				}
				files[seg.name] = bytes.Clone(seg.whole())
			}
		}
		for i := range 20 { // breaks make numbers run ahead of the stream
			d.header = []mp3.Header{stereo, frametest.Header(64000, 44100, 1)}[i%2]
			d.play(2 * time.Second)
			collect()
		}
		s.reload("")
		d.play(time.Second)
		if s.Serves("/live.m3u8") || s.tape("/live") != nil {
			t.Error("HLS stays on")
		}
		s.reload(live)
		for range 60 {
			d.play(time.Second)
			synctest.Wait()
			collect()
		}
	})
}

// Segments share the bytes of the stream: a tape costs little more than its audio.
func TestTapesHoldNoCopies(t *testing.T) {
	s := newStation(t, live, nil)
	d := s.attach("/live", mounts.LiveSource)
	tape := newTape()
	tape.want(time.Now())
	before := heap()
	for range 100 * 230 {
		d.send()
		tape.advance(d.Mount, time.Hour, time.Now())
	}
	audio := int64(0)
	for _, seg := range tape.segments {
		audio += int64(seg.size())
	}
	if took := heap() - before; took > audio*13/10 {
		t.Errorf("%d segments of %d bytes take %d", len(tape.segments), audio, took)
	}
	runtime.KeepAlive(tape)
	s.Registry.Close()
}

// heap returns the bytes in use.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Silence of AAC is told and named as such.
func TestAAC(t *testing.T) {
	run(t, live, func(t *testing.T, s *station) {
		d := s.attach("/live", mounts.LiveSource)
		u, ok := aac.Codec.Silence(aacFormat(44100, 2), 128_000)
		if !ok {
			t.Fatal("no silence")
		}
		v := newViewer(t)
		v.watch(s, "/live", 40, func() {
			for range 44100 / 1024 {
				d.Write(u)
			}
			time.Sleep(time.Second)
		})
		r := s.ask("GET /live.m3u8")
		if !strings.Contains(r.body, `CODECS="mp4a.40.2"`) {
			t.Errorf("multivariant playlist %s", r.body)
		}
		name := v.last.GetAllSegments()[0].URI
		if r := s.ask("GET /live/hls/" + name); !strings.HasSuffix(name, ".aac") || r.header.Get("Content-Type") != "audio/aac" {
			t.Errorf("%s is %v", name, r.header)
		}
	})
}
