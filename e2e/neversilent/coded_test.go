package neversilent

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"relay/codec"
	"relay/e2e/harness"
)

// toneLength is how long the streams are that sources send again and again.
const toneLength = 2 * time.Second

// tone returns such a stream.
func tone(t testing.TB, c harness.Coding, hertz int) []byte {
	t.Helper()
	return c.Tone(t, hertz, toneLength, fmt.Sprintf("tone %d", hertz))
}

// push connects a source that pushes streams under a name.
func push(t testing.TB, r *harness.Relay, c harness.Coding, mount, name string, streams ...[]byte) *harness.Sender {
	t.Helper()
	return harness.Send(t, c.Encode(t, r, mount, "ice-name: "+name), toneLength, streams...)
}

// eventuallyPlays waits until 3 s of a mount, from its burst on, are a tone of hertz, to 1
// percent.
func eventuallyPlays(t testing.TB, r *harness.Relay, c harness.Coding, mount string, hertz int) {
	t.Helper()
	harness.Eventually(t, fmt.Sprintf("a tone of %d Hz in %v on %s", hertz, c, mount), func() bool {
		if status, _, _ := r.Request(t, "HEAD", mount, "", ""); status != 200 {
			return false
		}
		pitch := harness.Pitch(c.Samples(t, c.Record(t, r, mount, 3)))
		return math.Abs(pitch-float64(hertz)) <= float64(hertz)/100
	})
}

// codedRecorder is a listener that keeps every frame or page it hears.
type codedRecorder struct {
	*recorder
	heard  *harness.Heard
	pieces atomic.Int64
	ahead  time.Duration // the least audio that a player would have left that began to play at once
}

// recordCoded starts a listener that records a mount until stop is closed, and up to a
// place where a decoder has nothing open.
func recordCoded(t testing.TB, r *harness.Relay, c harness.Coding, mount string, stop <-chan struct{}) *codedRecorder {
	t.Helper()
	rec := &codedRecorder{recorder: &recorder{file: filepath.Join(t.TempDir(), "heard"+c.Extension()), done: make(chan struct{})}, heard: c.Listen(), ahead: time.Hour}
	file, err := os.Create(rec.file)
	if err != nil {
		t.Fatal(err)
	}
	p := r.Tune(t, mount)
	if got := p.Header["content-type"]; got != c.MediaType() {
		t.Errorf("%s has the type %q, want %q", mount, got, c.MediaType())
	}
	go func() {
		defer close(rec.done)
		defer file.Close()
		out := bufio.NewWriter(file)
		defer out.Flush()
		start := time.Now()
		for last := start; ; {
			piece, err := c.Piece(p)
			now := time.Now()
			rec.gap = max(rec.gap, now.Sub(last))
			last = now
			if err == nil {
				out.Write(piece)
				if err = rec.heard.Add(piece); rec.heard.Length > 0 {
					rec.ahead = min(rec.ahead, rec.heard.Length-now.Sub(start))
				}
			}
			if err != nil {
				rec.err = err
				return
			}
			rec.pieces.Add(1)
			select {
			case <-stop:
				if c.MayEnd(piece) {
					p.Close()
					return
				}
			default:
			}
		}
	}()
	return rec
}

// recordAll starts n of them.
func recordAll(t testing.TB, r *harness.Relay, c harness.Coding, mount string, n int, stop <-chan struct{}) (recorders []*codedRecorder) {
	t.Helper()
	for range n {
		recorders = append(recorders, recordCoded(t, r, c, mount, stop))
	}
	return recorders
}

// judgeCoded waits for recordings to end and checks them, as judge does. Links of equal
// parameters must have been joined. The recordings of the same bytes are decoded once.
func judgeCoded(t *testing.T, f *figures, c harness.Coding, what string, splices int, recorders []*codedRecorder) {
	t.Helper()
	lost, complained := 0, 0
	longest, ahead := time.Duration(0), time.Hour
	for i, rec := range recorders {
		<-rec.done
		if rec.err != nil {
			lost++
			t.Errorf("a listener of %v was lost after %v: %v", c, rec.heard.Length, rec.err)
		}
		if rec.heard.Links > 1 {
			t.Errorf("%d links of equal parameters reached a listener", rec.heard.Links)
		}
		longest, ahead = max(longest, rec.gap), min(ahead, rec.ahead)
		if i >= 3 && rec.err == nil {
			continue // decoders take longer than listeners
		}
		for _, said := range c.Complaints(t, rec.file) {
			complained++
			t.Errorf("a decoder warns after %v of %v: %s", rec.heard.Length, c, harness.Tail(said, 5))
		}
	}
	t.Logf("%v, %s: %d listeners, the longest without audio %.2f s, never less than %.2f s ahead", c, what, len(recorders), longest.Seconds(), ahead.Seconds())
	f.add("| %v: %s | %d | %d | %d | %d | %.1f s |", c, what, splices, len(recorders), lost, complained, longest.Seconds())
}

// A playing program is a listener that people use. It must play until it is stopped, and
// have no complaint.
type program struct {
	name string
	cmd  *exec.Cmd
	said harness.Buffer
	done chan struct{}
}

// playInto starts the programs that play a mount until they are stopped.
func playInto(t testing.TB, r *harness.Relay, mount string) (list []*program) {
	t.Helper()
	url := r.URL(mount)
	for _, args := range [][]string{
		{"ffmpeg", "-nostdin", "-v", "warning", "-i", url, "-f", "null", "-"},
		{"mpv", "--no-config", "--no-video", "--ao=null", "--msg-level=all=warn", "--no-input-terminal", url},
		{"gst-launch-1.0", "-q", "souphttpsrc", "location=" + url, "!", "decodebin", "!", "audioconvert", "!", "fakesink"},
	} {
		p := &program{name: args[0], done: make(chan struct{})}
		ctx, stop := context.WithCancel(context.Background())
		p.cmd = exec.CommandContext(ctx, harness.Program(t, args[0]), args[1:]...)
		p.cmd.Stdout, p.cmd.Stderr = &p.said, &p.said
		if err := p.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		go func() {
			p.cmd.Wait()
			close(p.done)
		}()
		t.Cleanup(func() {
			stop()
			<-p.done
		})
		list = append(list, p)
	}
	harness.Eventually(t, "the programs to listen", func() bool { return r.Source(t, mount).Listeners >= len(list) })
	return list
}

// judgePrograms stops the programs, which must have played until now.
func judgePrograms(t testing.TB, programs []*program) {
	t.Helper()
	for _, p := range programs {
		select {
		case <-p.done:
			t.Errorf("%s has stopped: %s", p.name, harness.Tail(p.said.String(), 5))
			continue
		default:
		}
		said := p.said.String()
		p.cmd.Process.Kill()
		<-p.done
		for line := range strings.Lines(said) {
			switch {
			case strings.TrimSpace(line) == "", strings.Contains(line, "gst_segment_do_seek: assertion 'rate != 0.0'"): // of any stream of Opus
			case strings.Contains(line, "underrun"):
				t.Logf("%s ran dry on this machine", p.name)
			default:
				t.Errorf("%s says %s", p.name, line)
			}
		}
	}
}

// codedKilled cuts the source of a mount with a fallback, over and over, anywhere in a
// frame or page.
func codedKilled(t *testing.T, f *figures, c harness.Coding, times, listeners int) {
	r := harness.Start(t, harness.Config+"[[mount]]\nname = '/live'\nfallbacks = ['/backup']\ngrace = '500ms'\n")
	backup, live := tone(t, c, 330), tone(t, c, 660)
	push(t, r, c, "/backup", "backup", backup)
	harness.Eventually(t, "the fallback", plays(t, r, "/live", "fallback"))
	stop := make(chan struct{})
	programs := playInto(t, r, "/live")
	recorders := recordAll(t, r, c, "/live", listeners, stop)
	for range times {
		dj := push(t, r, c, "/live", "DJ", live)
		harness.Eventually(t, "the DJ", plays(t, r, "/live", "live"))
		anywhereInAFrame()
		dj.Cut()
		harness.Eventually(t, "the fallback", plays(t, r, "/live", "fallback"))
	}
	judgePrograms(t, programs)
	close(stop)
	judgeCoded(t, f, c, "the encoder is killed, the fallback plays, an encoder comes back", 2*times, recorders)
}

// codedTakenOver has one source after another take over a mount.
func codedTakenOver(t *testing.T, f *figures, c harness.Coding, times, listeners int) {
	r := harness.Start(t, harness.Config+"[[mount]]\nname = '/live'\ntakeover = 'newest'\n")
	streams := [][]byte{tone(t, c, 300), tone(t, c, 400), tone(t, c, 500), tone(t, c, 600)}
	push(t, r, c, "/live", "encoder 0", streams[0])
	harness.Eventually(t, "the first", func() bool { return playing(t, r, "/live", "encoder 0")() && plays(t, r, "/live", "live")() })
	stop := make(chan struct{})
	programs := playInto(t, r, "/live")
	recorders := recordAll(t, r, c, "/live", listeners, stop)
	for n := range times {
		name := fmt.Sprintf("encoder %d", n+1)
		push(t, r, c, "/live", name, streams[(n+1)%4])
		harness.Eventually(t, "the next", playing(t, r, "/live", name))
		anywhereInAFrame()
	}
	judgePrograms(t, programs)
	close(stop)
	judgeCoded(t, f, c, "another encoder takes over", times, recorders)
}

// eachCoded runs a test for each of some codecs at the same time.
func eachCoded(t *testing.T, list []harness.Coding, test func(t *testing.T, c harness.Coding)) {
	t.Parallel()
	for _, c := range list {
		t.Run(c.String(), func(t *testing.T) {
			t.Parallel()
			test(t, c)
		})
	}
}

// A mount falls back to another of the same codec and returns, several times, and its
// listeners hear one stream.
func TestCodedFallback(t *testing.T) {
	eachCoded(t, harness.BesideMP3, func(t *testing.T, c harness.Coding) {
		r := harness.Start(t, harness.Config+"[[mount]]\nname = '/live'\nfallbacks = ['/first', '/second']\ngrace = '200ms'\n")
		second := push(t, r, c, "/second", "second", tone(t, c, 440))
		harness.Eventually(t, "the second fallback", playing(t, r, "/live", "second"))
		stop := make(chan struct{})
		recorders := recordAll(t, r, c, "/live", 2, stop)
		first := push(t, r, c, "/first", "first", tone(t, c, 550))
		harness.Eventually(t, "the first fallback", playing(t, r, "/live", "first"))
		live := tone(t, c, 660)
		for range 3 {
			dj := push(t, r, c, "/live", "DJ", live)
			harness.Eventually(t, "the DJ", plays(t, r, "/live", "live"))
			anywhereInAFrame()
			dj.Cut()
			harness.Eventually(t, "the first fallback", playing(t, r, "/live", "first"))
		}
		first.Cut()
		harness.Eventually(t, "the second fallback", playing(t, r, "/live", "second"))
		eventuallyPlays(t, r, c, "/live", 440)
		second.Cut()
		close(stop)
		for _, rec := range recorders {
			<-rec.done
		}
		var f figures
		judgeCoded(t, &f, c, "fallbacks", 8, recorders)
	})
}

// Where there is nothing else, a mount with silence plays on in the codec of its last
// source, and before the first one in its configured one.
func TestCodedSilence(t *testing.T) {
	eachCoded(t, harness.BesideMP3, func(t *testing.T, c harness.Coding) {
		r := harness.Start(t, harness.Config+"[[mount]]\nname = '/live'\nsilence = true\ngrace = '200ms'\nformat = { codec = '"+c.Key()+"', rate = "+rateOf(c)+", channels = 2 }\n")
		stop := make(chan struct{})
		live := tone(t, c, 660)
		var recorders []*codedRecorder
		if c.Codec == harness.AAC.Codec || c.Codec == harness.Opus.Codec { // the others have parameters that come with a source
			harness.Eventually(t, "silence at first", plays(t, r, "/live", "silence"))
			harness.Eventually(t, "the stream", func() bool { status, _, _ := r.Request(t, "HEAD", "/live", "", ""); return status == 200 })
			recorders = recordAll(t, r, c, "/live", 1, stop)
		}
		for n := range 3 {
			dj := push(t, r, c, "/live", "DJ", live)
			harness.Eventually(t, "the DJ", plays(t, r, "/live", "live"))
			if n == 0 {
				recorders = append(recorders, recordAll(t, r, c, "/live", 2, stop)...)
			}
			anywhereInAFrame()
			dj.Cut()
			harness.Eventually(t, "silence", plays(t, r, "/live", "silence"))
			heard := recorders[0].pieces.Load()
			harness.Eventually(t, "audio in silence", func() bool { return recorders[0].pieces.Load() > heard+10 || recorders[0].ended() })
		}
		close(stop)
		var f figures
		judgeCoded(t, &f, c, "silence", 6, recorders)
	})
}

// Silence from before the first source has parameters that no source of FLAC may have. From
// the first source on it has those of the source: listeners get one new link at most.
func TestCodedSilenceOfFLAC(t *testing.T) {
	t.Parallel()
	c := harness.FLAC
	r := harness.Start(t, harness.Config+"[[mount]]\nname = '/live'\nsilence = true\ngrace = '200ms'\nformat = { codec = 'flac' }\n")
	harness.Eventually(t, "silence at first", plays(t, r, "/live", "silence"))
	stop := make(chan struct{})
	recorder := recordCoded(t, r, c, "/live", stop)
	live := tone(t, c, 660)
	for range 2 {
		dj := push(t, r, c, "/live", "DJ", live)
		harness.Eventually(t, "the DJ", plays(t, r, "/live", "live"))
		dj.Cut()
		harness.Eventually(t, "silence", plays(t, r, "/live", "silence"))
		heard := recorder.pieces.Load()
		harness.Eventually(t, "audio in silence", func() bool { return recorder.pieces.Load() > heard+10 || recorder.ended() })
	}
	close(stop)
	<-recorder.done
	if recorder.err != nil || recorder.heard.Links > 2 {
		t.Errorf("a listener got %d links, and then %v", recorder.heard.Links, recorder.err)
	}
}

// ended reports whether the stream of a recorder has ended.
func (rec *codedRecorder) ended() bool {
	select {
	case <-rec.done:
		return true
	default:
		return false
	}
}

// rateOf returns the sample rate of the tones.
func rateOf(c harness.Coding) string {
	if c.Codec == harness.Opus.Codec {
		return "48000"
	}
	return "44100"
}

// Each listener hears an intro of the mount's codec, or of another one, before the stream:
// one that comes when the stream has just begun, and one that comes later.
func TestCodedIntro(t *testing.T) {
	eachCoded(t, harness.BesideMP3, func(t *testing.T, c harness.Coding) {
		own := c.Save(t, c.Tone(t, 990, 2*time.Second, "intro"))
		other := harness.MP3.Save(t, harness.MP3.Tone(t, 1100, 2*time.Second, ""))
		r := harness.Start(t, harness.Config+"[[mount]]\nname = '/*'\n[[mount]]\nname = '/own'\nintro_file = '"+own+"'\n[[mount]]\nname = '/other'\nintro_file = '"+other+"'\n")
		live := tone(t, c, 660)
		for mount, hertz := range map[string]int{"/own": 990, "/other": 1100} {
			if c.Codec == harness.Vorbis.Codec && mount == "/other" {
				continue // the codebooks of two encoders need not be the same
			}
			t.Run(mount[1:], func(t *testing.T) {
				t.Parallel()
				push(t, r, c, mount, "DJ", live)
				harness.Eventually(t, mount, plays(t, r, mount, "live"))
				for _, when := range []string{"at first", "later"} {
					stream := c.Record(t, r, mount, 7)
					for _, said := range c.Complaints(t, c.Save(t, stream)) {
						if !strings.Contains(said, "Hole in data") { // pages are counted on from the headers, and then as in the stream
							t.Errorf("%s: a decoder warns %s", when, said)
						}
					}
					if begins := harness.CountLinks(stream); begins > 1 {
						t.Errorf("%s: headers came %d times", when, begins)
					}
					heard, _ := tones(c.Samples(t, stream), 660, 990, 1100)
					converted := mount == "/other" && when == "at first" // the conversion may not be over
					if !slices.Equal(heard, []int{hertz, 660}) && !converted {
						t.Errorf("%s: heard %v", when, heard)
					}
				}
			})
		}
	})
}

// A mount of one codec has renditions of others.
func TestCodedRenditions(t *testing.T) {
	t.Parallel()
	harness.Program(t, "ffmpeg")
	r := harness.Start(t, harness.Config+`
[[mount]]
name = "/mp3"
[[mount.rendition]]
name = "/mp3.aac"
codec = "aac"
bitrate = 64
[[mount.rendition]]
name = "/mp3.opus"
codec = "opus"
bitrate = 48
[[mount]]
name = "/aac"
[[mount.rendition]]
name = "/aac.mp3"
bitrate = 64
[[mount]]
name = "/opus"
[[mount.rendition]]
name = "/opus.mp3"
codec = "mp3"
bitrate = 192
[[mount.rendition]]
name = "/opus.aac"
codec = "aac"
bitrate = 64
on_demand = true
`)
	senders := map[string]*harness.Sender{}
	for mount, c := range map[string]harness.Coding{"/mp3": harness.MP3, "/aac": harness.AAC, "/opus": harness.Opus} {
		senders[mount] = push(t, r, c, mount, "programme", tone(t, c, 440))
	}
	harness.Eventually(t, "playlists with what is in the codec of the mount first", func() bool {
		_, _, opus := r.Get(t, "/opus.m3u")
		_, _, aac := r.Get(t, "/aac.m3u")
		return opus == r.URL("/opus")+"\r\n"+r.URL("/opus.mp3")+"\r\n"+r.URL("/opus.aac")+"\r\n" && aac == r.URL("/aac")+"\r\n"+r.URL("/aac.mp3")+"\r\n"
	})
	for mount, c := range map[string]harness.Coding{"/mp3.aac": harness.AAC, "/mp3.opus": harness.Opus, "/aac.mp3": harness.MP3, "/opus.mp3": harness.MP3, "/opus.aac": harness.AAC} {
		eventuallyPlays(t, r, c, mount, 440)
		stream := c.Record(t, r, mount, 3)
		for _, said := range c.Complaints(t, c.Save(t, stream)) {
			t.Errorf("%s: a decoder warns %s", mount, said)
		}
	}
	r.SetTitle(t, "/mp3", "Song")
	for _, mount := range []string{"/mp3.aac", "/mp3.opus"} {
		harness.Eventually(t, "the title of "+mount, func() bool { return r.Source(t, mount).Title == "Song" })
	}
	stop := make(chan struct{})
	opus := recordAll(t, r, harness.Opus, "/mp3.opus", 1, stop)
	aac := recordAll(t, r, harness.AAC, "/mp3.aac", 1, stop)
	senders["/mp3"].Cut()
	harness.Eventually(t, "the end of the source", func() bool { return r.Left("/mp3") == 1 })
	push(t, r, harness.MP3, "/mp3", "another", tone(t, harness.MP3, 550))
	eventuallyPlays(t, r, harness.Opus, "/mp3.opus", 550)
	eventuallyPlays(t, r, harness.AAC, "/mp3.aac", 550)
	close(stop)
	var f figures
	judgeCoded(t, &f, harness.Opus, "the source of a rendition comes back", 1, opus)
	judgeCoded(t, &f, harness.AAC, "the source of a rendition comes back", 1, aac)
}

// Files of all kinds play on a mount of any codec, one after the other.
func TestCodedAutoDJ(t *testing.T) {
	music := t.TempDir()
	known := []int{400, 550, 700, 850, 1000, 1150}
	for n, name := range []string{"1.m4a", "2.flac", "3.wav", "4.ogg", "5.opus", "6.mp3"} {
		out, err := exec.Command(harness.Program(t, "ffmpeg"), "-v", "error", "-f", "lavfi", "-i", harness.Sine(known[n], 3*time.Second), "-ac", "2",
			"-metadata", "title=file "+name, filepath.Join(music, name)).CombinedOutput()
		if err != nil {
			t.Fatalf("make a file: %v\n%s", err, out)
		}
	}
	eachCoded(t, harness.Codings, func(t *testing.T, c harness.Coding) {
		r := harness.Start(t, harness.Config+"[[mount]]\nname = '/live'\nburst = '1s'\nformat = { codec = '"+c.Key()+"' }\nfiles = { paths = ['"+music+"'], order = 'sequence' }\n")
		harness.Eventually(t, "the music", func() bool {
			return plays(t, r, "/live", "files")() && r.Source(t, "/live").Title == "file 1.m4a"
		})
		stream := c.Record(t, r, "/live", 21)
		for _, said := range c.Complaints(t, c.Save(t, stream)) {
			t.Errorf("a decoder warns %s", said)
		}
		heard, silence := tones(c.Samples(t, stream), known...)
		t.Logf("%v: heard %v with %v of silence", c, heard, silence)
		for i := 1; i < len(heard); i++ {
			if heard[i] != known[(slices.Index(known, heard[i-1])+1)%len(known)] {
				t.Errorf("%d Hz after %d: %v", heard[i], heard[i-1], heard)
			}
		}
		if len(heard) < 4 { // on a busy machine files of 3 s may be converted late, so not all of them come in that time
			t.Errorf("heard no more than %v", heard)
		}
	})
}

// A recording of any codec has the right extension and length, and plays on its own. So
// does each of several parts.
func TestCodedRecordings(t *testing.T) {
	extensions := map[codec.Codec]string{harness.MP3.Codec: ".mp3", harness.AAC.Codec: ".aac", harness.Opus.Codec: ".opus", harness.Vorbis.Codec: ".ogg", harness.FLAC.Codec: ".oga"}
	eachCoded(t, harness.Codings, func(t *testing.T, c harness.Coding) {
		folder := t.TempDir()
		r := harness.Start(t, harness.Config+"[[mount]]\nname = '/live'\nrecord_dir = '"+folder+"'\nrecord_split = '3s'\n")
		e := c.Encode(t, r, "/live")
		stop := make(chan struct{})
		defer close(stop)
		stream, part := tone(t, c, 440), time.Duration(0)
		for range 4 {
			if err := harness.Push(e, stream, toneLength, stop); err != nil {
				t.Fatal(err)
			}
			part += toneLength
		}
		e.Close()
		harness.Eventually(t, "the end of the source", func() bool { return r.Left("/live") == 1 })
		r.Stop(t)
		files, err := filepath.Glob(filepath.Join(folder, "live-*"+extensions[c.Codec]))
		if err != nil || len(files) < 2 {
			all, _ := filepath.Glob(filepath.Join(folder, "*"))
			t.Fatalf("the recordings are %v, %v", all, err)
		}
		var whole time.Duration
		for _, file := range files {
			if length := unitsOf(t, c, file); length < 300*time.Millisecond { // ffprobe wants some frames
				whole += length
				continue
			}
			whole += harness.LengthOf(t, file)
			if probed := probe(t, file); !strings.Contains(probed, "codec_name="+ffmpegName(c)+"\n") {
				t.Errorf("%s: ffprobe finds %s", filepath.Base(file), probed)
			}
			for _, said := range c.Complaints(t, file) {
				t.Errorf("%s: a decoder warns %s", filepath.Base(file), said)
			}
		}
		if missing := part - whole; missing > 300*time.Millisecond || missing < -500*time.Millisecond {
			t.Errorf("%v was sent, and %v recorded in %d files", part, whole, len(files))
		}
	})
}

// unitsOf returns how long the units of a file sound.
func unitsOf(t testing.TB, c harness.Coding, file string) (length time.Duration) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	f := c.NewFramer()
	f.Write(b)
	f.Finish()
	for u, ok := f.Next(); ok; u, ok = f.Next() {
		length += u.Length
	}
	return length
}

// probe returns what ffprobe says of the streams of a file.
func probe(t testing.TB, file string) string {
	t.Helper()
	out, err := exec.Command(harness.Program(t, "ffprobe"), "-v", "error", "-show_streams", file).CombinedOutput()
	if err != nil {
		t.Errorf("ffprobe: %v\n%s", err, out)
	}
	return string(out)
}

// ffmpegName returns ffmpeg's name of a codec.
func ffmpegName(c harness.Coding) string { return strings.ToLower(c.Codec.String()) }

// A DJ takes over from the automation of the same mount, which comes back, without a seam.
func TestCodedHandOver(t *testing.T) {
	eachCoded(t, harness.BesideMP3, func(t *testing.T, c harness.Coding) {
		r := harness.Start(t, harness.Config+`
[[mount]]
name = '/live'
grace = '200ms'
[[mount.source]]
user = "dj"
password = "one"
[[mount.source]]
user = "auto"
password = "two"
`)
		auto, live := tone(t, c, 440), tone(t, c, 660)
		harness.Send(t, c.EncodeBy(t, r, "auto", "two", "/live", "ice-name: automation"), toneLength, auto)
		harness.Eventually(t, "the automation", func() bool { return playing(t, r, "/live", "automation")() && plays(t, r, "/live", "live")() })
		stop := make(chan struct{})
		recorders := recordAll(t, r, c, "/live", 2, stop)
		for range 3 {
			dj := harness.Send(t, c.EncodeBy(t, r, "dj", "one", "/live", "ice-name: DJ"), toneLength, live)
			harness.Eventually(t, "the DJ", playing(t, r, "/live", "DJ"))
			anywhereInAFrame()
			dj.Cut()
			harness.Eventually(t, "the automation", playing(t, r, "/live", "automation"))
		}
		close(stop)
		var f figures
		judgeCoded(t, &f, c, "hand-overs", 6, recorders)
	})
}
