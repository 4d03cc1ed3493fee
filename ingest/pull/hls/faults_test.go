package hls

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"relay/ingest/feed/feedtest"
	"relay/mounts"
)

var errDown = errors.New("it answers 503 Service Unavailable")

// missing returns which segments are not in a row of frames, and fails the test if one is
// there in part or twice.
func missing(t *testing.T, numbers []uint64) (segments []int) {
	t.Helper()
	for i := 1; i < len(numbers); i++ {
		last, next := numbers[i-1], numbers[i]
		if next == last+1 {
			continue
		}
		if next <= last || (last+1)%perSegment != 0 || next%perSegment != 0 {
			t.Errorf("frame %d after %d", next, last)
			continue
		}
		for n := (last + 1) / perSegment; n < next/perSegment; n++ {
			segments = append(segments, int(n))
		}
	}
	return segments
}

// plain are the tags of a segment.
const plain = "#EXTINF:6.008,\n"

// What goes wrong at the station costs no more than what cannot be had.
func TestFaultsOfStations(t *testing.T) {
	const minute = time.Minute
	down := func(from, to time.Duration, what string) func(*station) {
		return func(s *station) {
			began := time.Now()
			s.fails = func(path string) error {
				if at := time.Since(began); at >= from && at < to && strings.Contains(path, what) {
					return errDown
				}
				return nil
			}
		}
	}
	before := func(tags map[int]string) func(*station) {
		return func(s *station) { s.tags = func(n int) string { return tags[n] + plain } }
	}
	lengths := func(tag string) func(*station) {
		return func(s *station) { s.tags = func(int) string { return tag } }
	}
	window := func(n int) func(*station) { return func(s *station) { s.window = n } }
	for name, tt := range map[string]struct {
		station func(*station)
		lost    []int         // segments
		says    string        // the log does, of a segment that is left out
		late    time.Duration // how late audio may be
	}{
		"one segment is missing":       {down(0, 2*minute, "/segment/12"), []int{12}, "503", 6 * time.Second},
		"one segment comes late":       {down(0, 13*time.Second, "/segment/11"), nil, "", 0},
		"the playlist is away":         {down(minute, minute+12*time.Second, "m3u8"), nil, "", 12 * time.Second},
		"all is away for a while":      {down(minute, minute+14*time.Second, ""), nil, "", 14 * time.Second},
		"a gap":                        {before(map[int]string{13: "#EXT-X-GAP\n"}), []int{13}, "EXT-X-GAP", 6 * time.Second},
		"a discontinuity":              {before(map[int]string{13: "#EXT-X-DISCONTINUITY\n"}), nil, "", 0},
		"an encrypted segment":         {before(map[int]string{13: "#EXT-X-KEY:METHOD=AES-128\n", 14: "#EXT-X-KEY:METHOD=NONE\n"}), []int{13}, "encrypted", 6 * time.Second},
		"an old copy of the playlist":  {func(s *station) { s.cached = true }, nil, "", 2 * time.Second},
		"two segments in the playlist": {window(2), nil, "", 0},
		"one segment in the playlist":  {window(1), nil, "", 0},
		"a playlist of many":           {window(1000), nil, "", 0},
		"no lengths":                   {lengths("#EXTINF:,\n"), nil, "", 0},
		"lengths that are too long":    {lengths("#EXTINF:7,\n"), nil, "", 0},
		"lengths that are too short":   {lengths("#EXTINF:5,\n"), nil, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := relay(t, newStation(), "")
				tt.station(r.station)
				r.during(t, func() {
					_, _, numbers := r.evenness(t, 30*time.Second)
					_, least, then := r.evenness(t, 3*minute)
					numbers = append(numbers, then...)
					if lost := missing(t, numbers); !slices.Equal(lost, tt.lost) {
						t.Errorf("segments %d are lost, want %d", lost, tt.lost)
					}
					if least < -tt.late-300*time.Millisecond {
						t.Errorf("the audio is up to %v late", -least)
					}
					said := ""
					for _, entry := range r.log.All() {
						said += entry.Message + fmt.Sprint(entry.ContextMap())
					}
					if !strings.Contains(said, tt.says) || tt.says == "" && said != "" {
						t.Errorf("the log says %q", said)
					}
				})
			})
		})
	}
}

// A station that begins again, with its segments counted from 0 or in the middle, is heard
// again.
func TestStationThatBeginsAgain(t *testing.T) {
	for name, change := range map[string]func(*station){
		"counted from 0":         func(s *station) { s.began = time.Now().Add(-2*segmentLength - segmentLength/2) },
		"a jump back by a few":   func(s *station) { s.began, s.first = time.Now().Add(-2*segmentLength), 16 },
		"counted from far ahead": func(s *station) { s.first = 1000 },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := relay(t, newStation(), "")
				r.during(t, func() {
					time.Sleep(time.Minute)
					inOrder(t, r.numbers(t), "before")
					r.set(func() { change(r.station) })
					began := r.began
					time.Sleep(40 * time.Second)
					numbers := r.numbers(t)
					played := time.Duration(len(numbers)) * feedtest.Stereo128.Duration()
					if last := time.Duration(numbers[len(numbers)-1]) * feedtest.Stereo128.Duration(); time.Since(began)-last > 40*time.Second || played < 25*time.Second {
						t.Errorf("%v after the beginning, frames of %v are played, %v in all", time.Since(began), last, played)
					}
					jumps := 0
					for i := 1; i < len(numbers); i++ {
						if numbers[i] != numbers[i-1]+1 {
							jumps++
						}
					}
					if jumps > 1 {
						t.Errorf("%d jumps", jumps)
					}
				})
			})
		})
	}
}

// After a break of the line the stream goes on behind what was played, if the playlist still
// has it.
func TestStreamGoesOnAfterABreak(t *testing.T) {
	for _, tt := range []struct {
		away time.Duration
		lost bool
	}{{25 * time.Second, false}, {5 * time.Minute, true}} {
		synctest.Test(t, func(t *testing.T) {
			s := newStation()
			s.window = 12
			r := relay(t, s, "[[mount]]\nname = '/live'\ngrace = '1h'\n")
			r.during(t, func() {
				time.Sleep(time.Minute)
				r.set(func() { r.fails = func(string) error { return errDown } })
				time.Sleep(tt.away)
				r.set(func() { r.fails = nil })
				time.Sleep(time.Minute)
				if lost := missing(t, r.numbers(t)); len(lost) > 0 != tt.lost {
					t.Errorf("after %v, segments %d are lost", tt.away, lost)
				}
			})
		})
	}
}

// A programme that ends is played to its end; then it is not played again.
func TestEndOfTheProgramme(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := relay(t, newStation(), "")
		r.during(t, func() {
			time.Sleep(time.Minute)
			r.set(func() { r.ended, r.stopped = true, time.Now() })
			end := r.complete()
			time.Sleep(5 * time.Minute)
			numbers := r.numbers(t)
			inOrder(t, numbers, "until the end")
			if last := numbers[len(numbers)-1]; last != uint64(end*perSegment)-1 {
				t.Errorf("the last frame is %d of %d", last, end*perSegment)
			}
		})
		if err := r.attempt(t.Context()); !errors.Is(err, ErrEnded) || !isRefused(err) {
			t.Errorf("another attempt: %v", err)
		}
		fresh := relay(t, r.station, "")
		if err := fresh.attempt(t.Context()); !errors.Is(err, ErrEnded) {
			t.Errorf("a first attempt: %v", err)
		}
	})
}

// endless is an input that takes everything at once.
type endless struct{ ended chan struct{} }

func (endless) Room() time.Duration      { return time.Hour }
func (endless) IsPassedOver() bool       { return true }
func (e endless) Ended() <-chan struct{} { return e.ended }

// Titles come with the audio to which they belong, each once.
func TestTitlesOfStreams(t *testing.T) {
	song := func(n int) string { return fmt.Sprintf("Artist - Song %d", n/2) }
	clock := func(s *station, n int) string {
		return s.began.Add(time.Duration(n) * segmentLength).UTC().Format(time.RFC3339Nano)
	}
	for name, tt := range map[string]struct {
		station func(*station)
		after   int // frames of the segment before the title
	}{
		"behind EXTINF": {func(s *station) { s.tags = func(n int) string { return "#EXTINF:6.008," + song(n) + "\n" } }, 0},
		"in ID3 tags, which count more": {func(s *station) {
			s.tags = func(n int) string { return "#EXTINF:6.008,The - Station\n" }
			s.body = func(n int) ([]byte, error) {
				return slices.Concat(timestamp, id3Tag(fmt.Sprintf("Song %d", n/2), "Artist"), feedtest.Frames(uint64(n*perSegment), uint64((n+1)*perSegment-1))), nil
			}
		}, 0},
		"in date ranges": {func(s *station) {
			s.tags = func(n int) string {
				tags := "#EXT-X-PROGRAM-DATE-TIME:" + clock(s, n) + "\n"
				if n%2 == 0 {
					at := s.began.Add(time.Duration(n)*segmentLength + segmentLength/2).UTC().Format(time.RFC3339Nano)
					tags += fmt.Sprintf("#EXT-X-DATERANGE:ID=\"%d\",START-DATE=%q,X-TITLE=\"Song %d\",X-ARTIST=\"Artist\"\n", n, at, n/2)
				}
				return tags + plain
			}
		}, perSegment / 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := relay(t, newStation(), "")
				r.began = r.began.Add(-segmentLength) // begins with an even segment
				tt.station(r.station)
				s, err := r.client.Open(t.Context(), Request{URL: listURL})
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
				var got []string
				var audio bytes.Buffer
				s.Play(endless{make(chan struct{})}, func(title string) {
					got = append(got, fmt.Sprintf("%s at %d", title, audio.Len()/feedtest.Stereo128.Size))
				})
				for b := make([]byte, 4096); audio.Len() < 9*perSegment*feedtest.Stereo128.Size; {
					n, err := s.Read(b)
					if err != nil {
						t.Fatal(err)
					}
					audio.Write(b[:n])
				}
				for i := range 4 { // from segment 8 on
					want := fmt.Sprintf("%s at %d", song(8+2*i), 2*i*perSegment+tt.after)
					if !slices.Contains(got, want) {
						t.Fatalf("titles %q, want %q", got, want)
					}
				}
				if len(got) > 6 {
					t.Errorf("titles %q", got)
				}
			})
		})
	}
}

// What cannot be played is refused, with a sentence for the operator.
func TestRefusals(t *testing.T) {
	const media = "#EXTM3U\n#EXT-X-TARGETDURATION:6\n"
	const variant = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n"
	for name, tt := range map[string]struct {
		files map[string]string
		err   string
		retry bool // it may pass by itself
	}{
		"encrypted":              {map[string]string{"/live.m3u8": media + "#EXT-X-KEY:METHOD=SAMPLE-AES,URI=\"k\"\n#EXTINF:6,\na\n"}, `encrypted (EXT-X-KEY, "SAMPLE-AES")`, false},
		"fragmented MP4":         {map[string]string{"/live.m3u8": media + "#EXT-X-MAP:URI=\"i\"\n#EXTINF:6,\na\n"}, "fragments of MP4", false},
		"fragments without map":  {map[string]string{"/live.m3u8": media + "#EXTINF:6,\na\n", "/a": "\x00\x00\x00\x18styp00000000"}, "fragments of MP4", false},
		"a picture only":         {map[string]string{"/live.m3u8": media + "#EXTINF:6,\na\n", "/a": string(read(t, "video.ts"))}, "H264 Video", false},
		"no segments":            {map[string]string{"/live.m3u8": media}, "has no segments", true},
		"segments that are away": {map[string]string{"/live.m3u8": media + "#EXTINF:6,\na\n"}, "404", true},
		"a list in a list":       {map[string]string{"/live.m3u8": variant + "live.m3u8"}, "is a list of variants again", false},
		"a variant that is away": {map[string]string{"/live.m3u8": variant + "b.m3u8"}, "404", true},
		"a page":                 {map[string]string{"/live.m3u8": "<html>"}, "other than a playlist", false},
		"an endless playlist":    {map[string]string{"/live.m3u8": media + strings.Repeat("#\n", maxPlaylist)}, "longer than 2 MiB", true},
		"an endless segment":     {map[string]string{"/live.m3u8": media + "#EXTINF:6,\na\n", "/a": strings.Repeat("a", maxSegment+1)}, "longer than 8 MiB", true},
		"other addresses":        {map[string]string{"/live.m3u8": media + "#EXTINF:6,\nfile:///etc/passwd\n"}, `"file:///etc/passwd", which is not an address of HTTP`, true},
		"over":                   {map[string]string{"/live.m3u8": media + "#EXTINF:6,\na\n#EXT-X-ENDLIST\n"}, "has ended", false},
		"variants of video":      {map[string]string{"/live.m3u8": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS=\"avc1.1,ac-3\"\na\n"}, "this server plays MP3 and AAC", false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := relay(t, newStation(), "")
				r.client.Get = func(ctx context.Context, q Request) (*Answer, error) {
					text, ok := tt.files[q.URL.Path]
					if !ok {
						return nil, errors.New("it answers 404")
					}
					return &Answer{URL: q.URL, Body: io.NopCloser(strings.NewReader(text))}, nil
				}
				began := time.Now()
				s, err := r.client.Open(t.Context(), Request{URL: listURL})
				if err == nil {
					s.Close()
					t.Fatal("it is opened")
				}
				if !strings.Contains(err.Error(), tt.err) || isRefused(err) == tt.retry || time.Since(began) > time.Minute {
					t.Errorf("after %v: %v", time.Since(began), err)
				}
			})
		})
	}
}

// A playlist that names as many segments as it may, most of them empty, costs a bounded number
// of requests and lines in the log.
func TestManyEmptySegments(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := relay(t, newStation(), "")
		asked := 0
		r.client.Get = func(ctx context.Context, q Request) (*Answer, error) {
			asked++
			text := "#EXTM3U\n#EXT-X-TARGETDURATION:1\n" + strings.Repeat("#EXTINF:0.001,\na\n", maxSegments)
			switch {
			case q.URL.Path != "/a":
			case asked%20 == 0:
				text = string(packed)
			default:
				text = ""
			}
			return &Answer{URL: q.URL, Body: io.NopCloser(strings.NewReader(text))}, nil
		}
		r.during(t, func() { time.Sleep(time.Minute) })
		if asked > 21*60 {
			t.Errorf("%d requests in a minute", asked)
		}
	})
}

// The first variant that plays is taken.
func TestVariantsThatDoNotPlay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := relay(t, newStation(), "")
		r.client.Get = func(ctx context.Context, q Request) (*Answer, error) {
			list := ""
			switch q.URL.Path {
			case "/live.m3u8":
				list = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=3\naway.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=2\nmp4.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=1\ngood.m3u8\n"
			case "/mp4.m3u8":
				list = "#EXTM3U\n#EXT-X-MAP:URI=\"i\"\n#EXTINF:6,\na\n"
			case "/away.m3u8":
				return nil, errDown
			default:
				return r.get(ctx, q)
			}
			return &Answer{URL: q.URL, Body: io.NopCloser(strings.NewReader(list))}, nil
		}
		r.during(t, func() {
			_, _, numbers := r.evenness(t, time.Minute)
			inOrder(t, numbers, "a minute")
			if len(numbers) < 2000 {
				t.Errorf("%d frames", len(numbers))
			}
		})
	})
}

// A stream takes the air from a fallback, and loses no more than a moment of its audio
// then; while another input is on the air it is read at the speed at which it plays.
func TestBehindAnotherInput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := relay(t, newStation(), "")
		source := feedtest.Connect(t, r.registry, "/live", 1_000_000)
		go source.Play(2 * time.Minute)
		r.during(t, func() {
			time.Sleep(2*time.Minute + time.Second)
			source.Detach()
			r.numbers(t)
			_, _, numbers := r.evenness(t, time.Minute)
			inOrder(t, numbers, "after it took the air")
			if late := time.Since(r.began) - time.Duration(numbers[len(numbers)-1])*feedtest.Stereo128.Duration(); late > 30*time.Second {
				t.Errorf("%v behind the station", late)
			}
			if left := r.in.Mount.Totals().Paid[mounts.LeftOut]; left > 500*time.Millisecond {
				t.Errorf("%v are left out", left)
			}
		})
	})
}
