package neversilent

import (
	"bufio"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"relay/e2e/harness"
)

// The figures of docs/never-silent.md are written by
//
//	RELAY_E2E_LONG=1 go test ./e2e/neversilent -run TestNeverSilent -figures docs/never-silent.md
var figuresFile = flag.String("figures", "", "write the figures of TestNeverSilent to this `file` of the repository")

const figuresBegin, figuresEnd = "<!-- figures: RELAY_E2E_LONG=1 go test ./e2e/neversilent -run TestNeverSilent -figures docs/never-silent.md -->\n", "<!-- end of figures -->\n"

// figures are the results of a run of TestNeverSilent.
type figures struct {
	sync.Mutex
	rows []string
}

func (f *figures) add(format string, args ...any) {
	f.Lock()
	defer f.Unlock()
	f.rows = append(f.rows, fmt.Sprintf(format, args...))
}

// recorder is a listener that keeps every frame it hears.
type recorder struct {
	file   string
	frames int
	err    error         // how its stream ended; nil: it has closed the connection itself
	gap    time.Duration // longest time between two reads
	done   chan struct{}
}

// listenUntil starts n listeners that record a mount until stop is closed.
func listenUntil(t testing.TB, r *harness.Relay, mount string, n int, stop <-chan struct{}) (recorders []*recorder) {
	t.Helper()
	for range n {
		recorders = append(recorders, recordUntil(t, r, mount, stop))
	}
	return recorders
}

// recordUntil starts one of them.
func recordUntil(t testing.TB, r *harness.Relay, mount string, stop <-chan struct{}) *recorder {
	t.Helper()
	rec := &recorder{file: filepath.Join(t.TempDir(), "heard.mp3"), done: make(chan struct{})}
	file, err := os.Create(rec.file)
	if err != nil {
		t.Fatal(err)
	}
	p := r.Tune(t, mount)
	go func() {
		defer close(rec.done)
		defer file.Close()
		out := bufio.NewWriter(file)
		defer out.Flush()
		for last := time.Now(); ; {
			p.SetDeadline(time.Now().Add(harness.Patience))
			frame, err := p.Frame()
			now := time.Now()
			rec.gap = max(rec.gap, now.Sub(last))
			last = now
			select {
			case <-stop:
				p.Close()
				return
			default:
			}
			if err != nil {
				rec.err = err
				return
			}
			out.Write(frame)
			rec.frames++
		}
	}()
	return rec
}

// judge waits for recordings to end and checks them: no listener lost, no frame torn,
// no warning from a decoder.
func judge(t *testing.T, f *figures, what string, splices int, recorders []*recorder) {
	t.Helper()
	lost, complained := 0, 0
	var longest time.Duration
	for _, rec := range recorders {
		<-rec.done
		if rec.err != nil {
			lost++
			t.Errorf("a listener was lost: %v", rec.err)
		}
		longest = max(longest, rec.gap)
		for _, said := range harness.Complaints(t, rec.file) {
			complained++
			t.Errorf("a decoder warns %s", harness.Tail(said, 5))
		}
	}
	f.add("| %s | %d | %d | %d | %d | %.1f s |", what, splices, len(recorders), lost, complained, longest.Seconds())
}

// anywhereInAFrame waits a random time, so that what follows happens anywhere in a
// frame.
func anywhereInAFrame() { time.Sleep(time.Duration(rand.IntN(500)) * time.Millisecond) }

func playing(t testing.TB, r *harness.Relay, mount, name string) func() bool {
	return func() bool { return r.Source(t, mount).ServerName == name }
}

// plays returns a condition: an input of the given kind is on the air. A fallback has
// the name of its source.
func plays(t testing.TB, r *harness.Relay, mount, kind string) func() bool {
	return func() bool { return r.Source(t, mount).State == kind }
}

// Encoders die in the middle of a frame, others take over, files of all bit rates
// follow one another, and no listener loses anything.
func TestNeverSilent(t *testing.T) {
	t.Parallel()
	kills, takeovers, files, listeners := 3, 3, 10, 10
	if harness.Long() {
		kills, takeovers, files, listeners = 50, 50, 200, 100
	}
	var f figures
	t.Run("scenes", func(t *testing.T) {
		t.Run("encoder killed", func(t *testing.T) { t.Parallel(); encoderKilled(t, &f, kills, listeners) })
		t.Run("take-over", func(t *testing.T) { t.Parallel(); takenOver(t, &f, takeovers, listeners/10) })
		t.Run("files", func(t *testing.T) { t.Parallel(); fileAfterFile(t, &f, files, listeners/10) })
	})
	for _, c := range []harness.Coding{harness.AAC, harness.Opus} { // one codec at a time, so that two cores keep up
		t.Run(c.String(), func(t *testing.T) {
			t.Run("encoder killed", func(t *testing.T) { t.Parallel(); codedKilled(t, &f, c, kills, listeners) })
			t.Run("take-over", func(t *testing.T) { t.Parallel(); codedTakenOver(t, &f, c, takeovers, listeners/10) })
		})
	}
	if *figuresFile == "" || t.Failed() {
		return
	}
	slices.Sort(f.rows)
	rows := "| what happens | times | listeners | lost | decoder complaints | longest without a frame |\n|---|---|---|---|---|---|\n" + strings.Join(f.rows, "\n") + "\n"
	if err := harness.ReplaceBetween(*figuresFile, figuresBegin, figuresEnd, rows); err != nil {
		t.Error(err)
	}
}

// encoderKilled kills the encoder of a mount with a fallback, over and over.
func encoderKilled(t *testing.T, f *figures, times, listeners int) {
	r := harness.Start(t, harness.Config+"[[mount]]\nname = '/live'\nfallbacks = ['/backup']\ngrace = '500ms'\n")
	r.FFmpeg(t, "/backup", 330, 128)
	harness.Eventually(t, "the fallback", plays(t, r, "/live", "fallback"))
	stop := make(chan struct{})
	recorders := listenUntil(t, r, "/live", listeners, stop)
	var longest time.Duration
	for range times {
		dj := r.FFmpeg(t, "/live", 660, 128)
		harness.Eventually(t, "the DJ", plays(t, r, "/live", "live"))
		anywhereInAFrame()
		killed := time.Now()
		dj.Process.Kill()
		dj.Wait()
		harness.Eventually(t, "the fallback", plays(t, r, "/live", "fallback"))
		longest = max(longest, time.Since(killed))
	}
	close(stop)
	f.add("| from the death of the source to the fallback, with a grace of 0.5 s: %.1f s at most | %d | | | | |", longest.Seconds(), times)
	judge(t, f, "the encoder is killed, the fallback plays, an encoder comes back", 2*times, recorders)
}

// takenOver has one encoder after another take over a mount.
func takenOver(t *testing.T, f *figures, times, listeners int) {
	r := harness.Start(t, harness.Config+"[[mount]]\nname = '/live'\ntakeover = 'newest'\n")
	r.FFmpeg(t, "/live", 300, 128)
	harness.Eventually(t, "the first", playing(t, r, "/live", "encoder 300"))
	stop := make(chan struct{})
	recorders := listenUntil(t, r, "/live", listeners, stop)
	for n := range times {
		hertz := 301 + n
		r.FFmpeg(t, "/live", hertz, []int{64, 128, 192, 320}[n%4])
		harness.Eventually(t, "the next", playing(t, r, "/live", fmt.Sprintf("encoder %d", hertz)))
		anywhereInAFrame()
	}
	close(stop)
	judge(t, f, "another encoder takes over, of another bit rate", times, recorders)
}

// fileAfterFile plays short files of all bit rates in a row.
func fileAfterFile(t *testing.T, f *figures, times, listeners int) {
	music := t.TempDir()
	rates := []int{32, 64, 96, 128, 160, 192, 256, 320}
	for n, rate := range rates {
		out, err := exec.Command(harness.Program(t, "ffmpeg"), "-v", "error", "-f", "lavfi", "-i", harness.Sine(300+100*n, time.Second), "-ac", "2", "-c:a", "libmp3lame",
			"-b:a", strconv.Itoa(rate)+"k", "-metadata", fmt.Sprintf("title=%03d", n), filepath.Join(music, fmt.Sprintf("%03d.mp3", n))).CombinedOutput()
		if err != nil {
			t.Fatalf("make a file: %v\n%s", err, out)
		}
	}
	played := filepath.Join(t.TempDir(), "playlist.log")
	r := harness.Start(t, harness.Config+"playlist_file = '"+played+"'\n[[mount]]\nname = '/live'\nfiles.paths = ['"+music+"']\n")
	harness.Eventually(t, "the music", func() bool { return r.Source(t, "/live").Title != "" })
	stop := make(chan struct{})
	recorders := listenUntil(t, r, "/live", listeners, stop)
	begun := func() int { // number of files begun since there are listeners
		text, err := os.ReadFile(played)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(text), "|/live|")
	}
	last := begun() + times
	for deadline := time.Now().Add(harness.Patience + time.Duration(times)*2*time.Second); begun() < last; {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d files were heard", times+begun()-last, times)
		}
		time.Sleep(50 * time.Millisecond)
	}
	close(stop)
	judge(t, f, "the next file begins, of another bit rate", times, recorders)
}
