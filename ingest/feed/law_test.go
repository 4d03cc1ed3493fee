package feed

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
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

// The law of the lead, for every listener that takes what it is sent, through any
// sequence of events: no break costs lead for good. The simulation plays random sequences
// with sources, a fallback mount, files and silence, and follows players through them.

// light is the header of the frames in the simulation: few frames a second.
var light = frametest.Header(16000, 8000, 1)

// soundingFrame returns a numbered frame whose granule has a level: a gain of 210 is
// loud, one of 120 quiet (§2.4.1.7; MPEG-2 has one granule). Nobody decodes it.
func soundingFrame(n uint64, gain byte) codec.Unit {
	b := frametest.Numbered(light, n)
	side := b[mp3.HeaderSize:]
	put := func(at, bits int, v uint) {
		for i := range bits {
			if v>>(bits-1-i)&1 == 1 {
				side[(at+i)/8] |= 0x80 >> ((at + i) % 8)
			}
		}
	}
	const granule = 8 + 1  // behind main_data_begin and private_bits
	put(granule, 12, 200)  // part2_3_length
	put(granule+12, 9, 20) // big_values
	put(granule+21, 8, uint(gain))
	return mp3.Frame{Header: light, Data: b}.Unit()
}

// sender is a source that sends in pieces, by a clock of its own.
type sender struct {
	in      *mounts.Input
	piece   time.Duration // length of what it sends at once
	speed   float64       // of its clock
	random  *rand.Rand
	first   uint64        // number of the frame before its first one
	sent    atomic.Uint64 // number of its last frame
	head    time.Duration // audio that it sends at once when it begins
	stalled time.Time     // it sends nothing until then
	mu      sync.Mutex
	done    chan struct{}
}

func (s *sender) stall(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stalled = time.Now().Add(d)
}

// run sends until the input ends. Audio that was due during a stall is lost.
func (s *sender) run() {
	defer close(s.done)
	due := time.Now().Add(-s.head)
	var at codec.Unit
	for {
		s.mu.Lock()
		stalled := time.Until(s.stalled)
		s.mu.Unlock()
		if stalled > 0 {
			due = due.Add(stalled)
			if !s.sleep(stalled) {
				return
			}
		}
		for !due.After(time.Now()) {
			n := s.sent.Add(1)
			gain := byte(200 + s.random.IntN(20))
			if n%50 < 5 { // a pause every few seconds
				gain = 110
			}
			at = soundingFrame(n, gain)
			s.in.Write(at)
			due = due.Add(time.Duration(float64(light.Duration()) / s.speed))
			s.in.AwaitRoom()
		}
		if !s.sleep(max(s.piece, time.Until(due))) {
			return
		}
	}
}

func (s *sender) sleep(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-s.in.Ended():
		return false
	}
}

// player is a listener that takes everything at once and never stops playing.
type player struct {
	mounts.Listener
	m      *mounts.Mount
	joined time.Duration // what it got at once
	base   time.Duration // what the stream had played then
	began  time.Time
	dry    time.Duration // for how long it had nothing to play
	lowest time.Duration
	most   time.Duration
}

func join(t testing.TB, m *mounts.Mount) *player {
	t.Helper()
	p := &player{m: m, began: time.Now()}
	_, _, p.joined = m.Stream.Join(m.Burst(), nil)
	p.base, p.lowest, p.most = m.Stream.Played(), p.joined, p.joined
	if err := m.Audience.Join(&p.Listener); err != nil {
		t.Fatal(err)
	}
	m.Audience.Took(&p.Listener, p.joined)
	return p
}

// lead returns what the player holds.
func (p *player) lead() time.Duration {
	lead := p.joined + p.m.Stream.Played() - p.base - time.Since(p.began) + p.dry
	if lead < 0 {
		p.dry -= lead
		lead = 0
	}
	return lead
}

// floor returns the least that the law leaves the player. A stream that has just begun
// gives less than the law wants to leave: then it is half of that.
func (p *player) floor() time.Duration {
	if p.joined < 1500*time.Millisecond {
		return p.joined / 2
	}
	return max(1500*time.Millisecond, p.joined/2)
}

// world is one run of the simulation.
type world struct {
	t       *testing.T
	random  *rand.Rand
	r       *mounts.Registry
	c       *conf.Live
	live    map[string]*sender // by user
	last    map[string]*sender // that has connected, by user
	backup  *sender
	next    uint64
	players []*player
	story   []string
	broken  bool // the law did not hold
	running sync.WaitGroup
}

func (w *world) say(format string, args ...any) {
	w.story = append(w.story, fmt.Sprintf(format, args...))
}

func (w *world) upTo(d time.Duration) time.Duration {
	return time.Duration(w.random.Int64N(int64(d))).Round(time.Millisecond)
}

// start connects a source. Some play what they have played from its beginning again, or
// send their last seconds again.
func (w *world) start(mount, user string) *sender {
	in, err := w.r.Attach(mount, mounts.Feed{User: user})
	if err != nil {
		w.say("refused: %v", err)
		return nil
	}
	w.next += 1_000_000
	next := w.next
	if last := w.last[user]; last != nil {
		switch w.random.IntN(4) {
		case 0:
			next = last.first
			w.say("%s begins again", user)
		case 1:
			sent := last.sent.Load()
			next = max(last.first, sent-w.random.Uint64N(200))
			w.say("%s repeats %d frames", user, sent-next)
		}
	}
	s := &sender{in: in, piece: 20*time.Millisecond + w.upTo(400*time.Millisecond), speed: 1 + float64(w.random.IntN(401)-200)/1e6,
		random: rand.New(rand.NewPCG(w.random.Uint64(), 1)), first: next, done: make(chan struct{})}
	s.sent.Store(next)
	w.last[user] = s
	if w.random.IntN(3) == 0 {
		s.head = w.upTo(6 * time.Second)
	}
	go s.run()
	return s
}

func (w *world) stop(s *sender) {
	if s != nil {
		s.in.Detach()
		<-s.done
	}
}

// events are what may happen to a mount.
var events = []struct {
	name string
	do   func(w *world)
}{
	{"source leaves and comes back", func(w *world) {
		away := w.upTo(8 * time.Second)
		w.say("dj away for %v", away)
		w.stop(w.live["dj"])
		w.pass(away)
		w.live["dj"] = w.start("/live", "dj")
	}},
	{"source stalls", func(w *world) {
		if s := w.live["dj"]; s != nil {
			d := w.upTo(12 * time.Second)
			w.say("dj stalls for %v", d)
			s.stall(d)
		}
	}},
	{"take-over", func(w *world) {
		w.say("dj is replaced")
		old := w.live["dj"]
		w.live["dj"] = w.start("/live", "dj")
		w.stop(old)
	}},
	{"source is kicked", func(w *world) {
		if s := w.live["dj"]; s != nil {
			w.say("dj is kicked")
			s.in.Kick()
			<-s.done
			w.live["dj"] = nil
		}
	}},
	{"source with priority", func(w *world) {
		w.say("boss for a while")
		boss := w.start("/live", "boss")
		w.pass(time.Second + w.upTo(20*time.Second))
		w.stop(boss)
	}},
	{"the fallback's source breaks", func(w *world) {
		away := w.upTo(6 * time.Second)
		w.say("backup away for %v", away)
		w.stop(w.backup)
		w.pass(away)
		w.backup = w.start("/backup", "")
	}},
	{"the fallback's source stalls", func(w *world) {
		if w.backup != nil {
			d := w.upTo(8 * time.Second)
			w.say("backup stalls for %v", d)
			w.backup.stall(d)
		}
	}},
	{"reload", func(w *world) {
		w.say("reload")
		w.r.Reconfigure()
	}},
	{"quiet", func(w *world) { w.pass(w.upTo(time.Minute)) }},
	{"a listener joins", func(w *world) { w.players = append(w.players, join(w.t, w.r.Find("/live"))) }},
	{"all listeners leave", func(w *world) {
		w.say("nobody listens")
		for _, p := range w.players {
			p.m.Audience.Leave(&p.Listener, mounts.LeftByItself)
		}
		w.players = nil
		w.pass(w.upTo(30 * time.Second))
	}},
}

// jitter is by how much a piece may be late: what arrives in pieces is not missing.
const jitter = 450 * time.Millisecond

// surplus is how far a mount may be ahead when a listener joins; it need not stay so.
const surplus = 300 * time.Millisecond

// pass lets time pass and holds the law.
func (w *world) pass(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end) && !w.broken; {
		time.Sleep(50 * time.Millisecond)
		for _, p := range w.players {
			lead := p.lead()
			if lead < p.floor()-jitter && lead < p.lowest {
				w.t.Errorf("a player that joined with %v at %v holds %v at %v, less than %v; %+v", p.joined, w.at(p.began), lead, w.at(time.Now()), p.floor(), p.m.Status().Lead)
			}
			if lead > p.joined+2*time.Second+jitter && lead > p.most && p.joined >= 1500*time.Millisecond {
				w.t.Errorf("a player that joined with %v at %v holds %v at %v; %+v", p.joined, w.at(p.began), lead, w.at(time.Now()), p.m.Status().Lead)
			}
			p.lowest, p.most = min(p.lowest, lead), max(p.most, lead)
		}
		if w.t.Failed() && !w.broken {
			w.broken = true
			w.t.Errorf("after %s", strings.Join(w.story, "; "))
		}
	}
}

var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // when a bubble begins

func (w *world) at(t time.Time) time.Duration { return t.Sub(epoch) }

// playFiles plays numbered frames whenever files are to play, as AutoDJ does.
func playFiles(ctx context.Context, in *mounts.Input) {
	pacer := NewPacer(in)
	for n := uint64(1 << 40); ; n++ {
		if pacer.Play(ctx, soundingFrame(n, 205)) != nil {
			return
		}
	}
}

func simulate(t *testing.T, seed uint64, settings string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c, err := conf.Parse("relay.toml", []byte("[[mount]]\nname = '/live'\ntakeover = 'newest'\n"+settings+
			"[[mount.source]]\nuser = 'boss'\npassword = 'b'\n[[mount.source]]\nuser = 'dj'\npassword = 'd'\n"))
		if err != nil {
			t.Fatal(err)
		}
		live := conf.NewLive(c)
		w := &world{t: t, random: rand.New(rand.NewPCG(seed, 2)), r: mounts.NewRegistry(live, nil, zap.NewNop()), c: live, live: map[string]*sender{}, last: map[string]*sender{}}
		ctx, stop := context.WithCancel(context.Background())
		w.running.Go(func() { NewFallbacks(w.r, live, zap.NewNop()).Run(ctx) })
		if !strings.Contains(settings, "silence") {
			in, err := w.r.Attach("/live", mounts.Feed{Kind: mounts.Files})
			if err != nil {
				t.Fatal(err)
			}
			w.running.Go(func() { playFiles(ctx, in) })
		}
		w.backup = w.start("/backup", "")
		if w.random.IntN(2) == 0 {
			w.live["dj"] = w.start("/live", "dj")
		}
		time.Sleep(10*time.Second + w.upTo(20*time.Second))
		w.players = append(w.players, join(t, w.r.Find("/live")))
		for n := 0; n < 12 && !w.broken; n++ {
			events[w.random.IntN(len(events))].do(w)
			w.pass(w.upTo(10 * time.Second))
		}
		w.say("a calm quarter of an hour")
		w.pass(15 * time.Minute)
		for _, p := range w.players {
			if lead := p.lead(); lead < p.joined-jitter-surplus {
				t.Errorf("a player that joined with %v at %v still holds %v; %+v; after %s", p.joined, w.at(p.began), lead, p.m.Status().Lead, strings.Join(w.story, "; "))
			}
		}
		w.stop(w.live["dj"])
		w.stop(w.backup)
		stop()
		w.running.Wait()
		w.r.Close()
	})
}

// sequences is how many random sequences each test plays.
var sequences = flag.Uint64("sequences", 4, "play this many random sequences with each configuration")

func TestNoBreakCostsLead(t *testing.T) {
	for name, settings := range map[string]string{
		"files":                           "",
		"a fallback":                      "fallbacks = ['/backup']\n",
		"files, then a fallback":          "fallbacks = ['files', '/backup']\n",
		"silence":                         "silence = true\n",
		"a fallback and silence":          "fallbacks = ['/backup']\nsilence = true\n",
		"a long burst, files":             "burst = '10s'\n",
		"a short burst, a fallback":       "fallbacks = ['/backup']\nburst = '3s'\n",
		"a burst in bytes, no grace":      "burst = '8KiB'\ngrace = '0s'\n",
		"a long grace, files":             "grace = '12s'\n",
		"a long grace, and nothing else ": "grace = '12s'\nsilence = true\n",
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range *sequences {
				t.Run(fmt.Sprint(seed), func(t *testing.T) { simulate(t, seed<<8|uint64(len(settings)), settings) })
			}
		})
	}
}
