package hls

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"relay/e2e/harness"
)

// How long a player plays at the least, before the source goes, while it is away and once
// it has come back. A player is some 20 s behind.
func stretches() (before, away, after time.Duration) {
	if harness.Long() {
		return 45 * time.Second, 25 * time.Second, 65 * time.Second
	}
	return 12 * time.Second, 9 * time.Second, 32 * time.Second
}

const (
	// mostGap is how long a player may be without a tone where the stream is not.
	mostGap = 150 * time.Millisecond

	// mostBreaks is how often time may pass without audio: when the source dies, when the
	// fallback begins, and when the source comes back.
	mostBreaks = 3

	// mostGrace is for how long: the mount waits for its source, and plays silence then.
	mostGrace = 3500 * time.Millisecond

	// mostTitleOff is how long after, or before, it was set a title may begin.
	mostTitleOff = time.Second

	// mostStep is how far the time of a segment may be from the end of the last one, apart
	// from where the source dies or another input begins: time passes there without audio.
	mostStep = 10 * time.Millisecond

	// mostOff is by how much the time of a segment may be wrong, on a machine that lets
	// programs run in time.
	mostOff = 50 * time.Millisecond
)

// listener is one of the plain stream, who keeps all.
type listener struct {
	*harness.Player
	mu      sync.Mutex
	stream  []byte
	stopped chan struct{}
}

func (s *station) listen(t testing.TB, mount string) *listener {
	l := &listener{Player: s.Tune(t, mount), stopped: make(chan struct{})}
	l.SetDeadline(time.Time{})
	go func() {
		defer close(l.stopped)
		b := make([]byte, 4096)
		for {
			n, err := l.Read(b)
			l.mu.Lock()
			l.stream = append(l.stream, b[:n]...)
			l.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return l
}

// ends stops listening and returns what was heard.
func (l *listener) ends(t testing.TB) []byte {
	l.Close()
	<-l.stopped
	return l.stream
}

// Players that people use play through a change of the title, other variants, and a source
// that dies and comes back. Each is one listener for as long as it plays.
func TestPlayers(t *testing.T) {
	t.Parallel()
	before, away, after := stretches()
	s, machine := onAir(t), watchLateness(t)
	connected := []time.Time{{}}
	plain := map[string]*listener{"/live": s.listen(t, "/live"), "/aac": s.listen(t, "/aac")}
	set := time.Now()
	s.setTitles(t, 1)
	readers := map[string]*reader{"/live": s.read(t, "/live"), "/aac": s.read(t, "/aac")}
	s.titleIs(t, readers, 1, set, nil)
	const begins = 4 // a player begins with one of the last segments, and may show no other title
	for _, r := range readers {
		r.leads(t, 1, begins)
	}

	var runs []*run
	begin := func(late bool) {
		for _, p := range players() {
			if p.late == late {
				runs = append(runs, p.start(t, s))
			}
		}
		for i, r := range runs {
			if r.late == late {
				runs[i] = r.begins(t, s)
			}
		}
	}
	begin(false)
	chromium := s.openChromium(t)
	chromium.plays(t, 3)
	set = time.Now()
	s.setTitles(t, 2)
	s.titleIs(t, readers, 2, set, machine)
	for _, r := range readers {
		r.leads(t, 2, begins)
	}
	begin(true)
	all := func(length func(r *run) time.Duration) {
		for _, r := range runs {
			r.plays(t, length(r))
		}
	}
	all(func(*run) time.Duration { return before })
	s.areListening(t, runs)

	s.live.cut()
	s.aac.Process.Kill()
	harness.Eventually(t, "the fallbacks", func() bool { return s.Source(t, "/live").State == "fallback" && s.Source(t, "/aac").State == "silence" })
	gone := time.Now()
	for time.Since(gone) < away { // this is not a wait for anything: the source is away for so long
		time.Sleep(100 * time.Millisecond)
	}
	first := s.live
	connected = append(connected, time.Now())
	s.live = s.send(t, "/live", liveTone(t))
	harness.KeepRunning(t, s.encoder(t, harness.AAC, "/aac", tone))
	harness.Eventually(t, "the sources", func() bool { return s.Source(t, "/live").State == "live" && s.Source(t, "/aac").State == "live" })

	had := map[*run]time.Duration{}
	for _, r := range runs {
		had[r] = r.played()
	}
	all(func(r *run) time.Duration { return had[r] + after })
	at := chromium.at()
	chromium.plays(t, at["/live"]+3)
	s.areListening(t, runs)

	quit := time.Now()
	var quitting sync.WaitGroup
	for _, r := range runs {
		quitting.Go(func() { r.quit(t) })
	}
	chromium.stop()
	quitting.Wait()
	for _, r := range runs {
		harness.Eventually(t, r.name+" to be gone", func() bool { return s.listening(t, r.agent) == 0 })
	}
	harness.Eventually(t, "Chromium to be gone", func() bool { return s.listening(t, chromiumAgent) == 0 })
	t.Logf("the last listener was gone after %.1f s", time.Since(quit).Seconds())

	for mount, r := range readers {
		r.judge(t, machine)
		var streams []heard
		for _, v := range r.variants {
			streams = append(streams, v.sound(t))
			t.Logf("%s itself: %v", v.url, streams[len(streams)-1])
		}
		for _, run := range runs {
			if run.mount == mount {
				run.judge(t, streams)
			}
		}
	}
	chromium.judge(t)
	for mount, r := range readers {
		stream := plain[mount].ends(t)
		places, other := r.variants[0].along(stream, time.Time{})
		if other != nil || len(places) < 3 {
			t.Errorf("%s: %d segments are what a plain listener heard; another one: %v", mount, len(places), other != nil)
		}
		if mount == "/live" {
			timesOf(t, r.variants[0], first, connected[0], machine)
			timesOf(t, r.variants[0], s.live, connected[1], machine)
		}
	}
}

// setTitles sets the n-th title of both mounts.
func (s *station) setTitles(t testing.TB, n int) {
	t.Helper()
	for mount := range mountsOf {
		s.SetTitle(t, mount, titled(n))
	}
}

// titleIs waits until all playlists have the n-th title, which was set at a moment, and
// begins about then. Without a machine it may have begun before: with the burst of a source.
func (s *station) titleIs(t testing.TB, readers map[string]*reader, n int, set time.Time, machine *lateness) {
	t.Helper()
	for mount, r := range readers {
		harness.Eventually(t, fmt.Sprintf("title %d in the playlists of %s", n, mount), func() bool {
			_, ok := r.began("An Artist", fmt.Sprintf("Title %d", n))
			return ok
		})
		at, _ := r.began("An Artist", fmt.Sprintf("Title %d", n))
		for i, v := range r.variants {
			after := at[i].Sub(set)
			t.Logf("%s: title %d begins %.2f s after it was set", v.url, n, after.Seconds())
			if machine != nil && after.Abs() > mostTitleOff+machine.is() {
				t.Errorf("%s: title %d begins %v after it was set", v.url, n, after)
			}
		}
	}
}

// areListening waits until each player is one listener.
func (s *station) areListening(t testing.TB, runs []*run) {
	t.Helper()
	want := map[string]int{chromiumAgent: len(mountsOf)}
	for _, r := range runs {
		want[r.agent]++
	}
	for agent, n := range want {
		harness.Eventually(t, fmt.Sprintf("%d listeners with %s", n, agent), func() bool { return s.listening(t, agent) == n })
	}
}

// timesOf checks that the segments that come from a source have the time at which it sent
// them, from the moment on at which it connected.
func timesOf(t *testing.T, v *variant, from *source, connected time.Time, machine *lateness) {
	t.Helper()
	places, _ := v.along(from.stream, connected)
	var off []time.Duration
	for s, place := range places {
		if at, ok := from.sentAt(place); ok {
			off = append(off, s.began.Sub(at))
		}
	}
	if len(off) == 0 {
		t.Errorf("%s: no segment is of the source", v.url)
		return
	}
	slices.Sort(off)
	late := machine.is()
	t.Logf("%s: %d segments have a time %v to %v after they were sent; the machine was %v late at most",
		v.url, len(off), off[0].Round(time.Millisecond), off[len(off)-1].Round(time.Millisecond), late.Round(time.Millisecond))
	if off[0] < -mostOff-late || off[len(off)-1] > mostOff+late {
		t.Errorf("%s: the times of segments are wrong by %v to %v", v.url, off[0], off[len(off)-1])
	}
}

// judge checks what a player has played and said. It must be what one of the streams is, or
// several if the player changes between them: a source that a busy machine keeps from sending
// leaves gaps in them.
func (r *run) judge(t *testing.T, streams []heard) {
	t.Helper()
	name := r.name + " on " + r.mount
	h := hear(r.samples(t), tone, backup)
	t.Logf("%s: %v", name, h)
	least := map[string]int{"/live": 3, "/aac": 1}[r.mount] // the source, the fallback and the source; /aac falls silent
	var longest time.Duration
	gaps, breaks, is := 0, 0, false
	for _, stream := range streams {
		gaps, breaks, longest = max(gaps, stream.audible()), max(breaks, len(stream.breaks)), max(longest, stream.longest())
		is = is || contains(stream.tones, h.tones)
	}
	if len(h.tones) < least || !is {
		t.Errorf("%s: heard %v", name, h)
	}
	if r.mount == "/aac" && h.audible() == 0 {
		t.Errorf("%s: never silent", name)
	}
	if r.gaps == 0 && (h.audible() > gaps || len(h.breaks) > breaks) || h.longest() > max(longest, r.gaps)+mostGap {
		t.Errorf("%s: gaps of %v, and breaks at %.2f", name, h.gaps, seconds(h.breaks))
	}
	for _, said := range r.complaints() {
		t.Errorf("%s says %s", name, said)
	}
	if r.shows != "" {
		n := 1
		if r.late {
			n = 2
		}
		if shows := fmt.Sprintf(r.shows, n); !regexp.MustCompile(shows).MatchString(r.said.String()) {
			t.Errorf("%s does not show %s:\n%s", name, shows, harness.Tail(r.said.String(), 40))
		}
	}
}

// samples returns what a player has played.
func (r *run) samples(t *testing.T) []int16 {
	t.Helper()
	if r.coded == "" {
		return samplesIn(t, r.file)
	}
	coding := harness.MP3
	if r.coded == ".aac" {
		coding = harness.AAC
	}
	return coding.Samples(t, withoutTags([]byte(harness.ReadFile(t, r.file))))
}

// withoutTags returns segments that were joined without the ID3 tags with which they begin:
// decoders of ffmpeg take one in the middle of a stream for damage.
func withoutTags(joined []byte) (audio []byte) {
	owner := []byte("com.apple.streaming.transportStreamTimestamp")
	for {
		i := bytes.Index(joined, []byte("ID3\x04"))
		if i < 0 {
			return append(audio, joined...)
		}
		n := tagSize(joined[i:])
		if !bytes.Contains(joined[i:][:n], owner) { // it only looks like one
			n = 4
			audio = append(audio, joined[:i+n]...)
		} else {
			audio = append(audio, joined[:i]...)
		}
		joined = joined[i+n:]
	}
}
