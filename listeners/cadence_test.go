package listeners

import (
	"context"
	"math"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/conf"
	"relay/mounts"
)

// taker is a socket that takes everything, and notes when; with a limit it takes no more
// than that at once.
type taker struct {
	limit int
	queue int // more than that at once loses packets; 0: nothing is lost

	mu     sync.Mutex
	losses uint32
	taken  []time.Time
	paced  []int64
}

func (s *taker) write(g *gather) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := g.bytes
	if s.limit > 0 {
		n = min(n, s.limit)
	}
	if n == 0 {
		return 0, syscall.EAGAIN
	}
	s.taken = append(s.taken, time.Now())
	if s.queue > 0 && n > s.queue {
		s.losses += uint32(n-s.queue)/1448 + 1
	}
	return n, nil
}

func (s *taker) peerLeft() bool { return false }
func (s *taker) close()         {}

func (s *taker) lost() uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.losses
}

// narrow sets the queue.
func (s *taker) narrow(queue int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = queue
}

func (s *taker) pace(rate int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paced = append(s.paced, rate)
}

// gaps returns the shortest and the longest time between two writes since from.
func (s *taker) gaps(from time.Time) (shortest, longest time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	shortest = time.Hour
	for i, at := range s.taken {
		if i > 0 && !s.taken[i-1].Before(from) {
			gap := at.Sub(s.taken[i-1])
			shortest, longest = min(shortest, gap), max(longest, gap)
		}
	}
	return shortest, longest
}

// metronome sends frames in time.
type metronome struct {
	mu    sync.Mutex
	due   time.Time
	kbits int
}

// run sends until ctx ends.
func (m *metronome) run(ctx context.Context, to ...*mounts.Input) {
	for n := uint64(1); ctx.Err() == nil; n++ {
		m.mu.Lock()
		h := frametest.Header(m.kbits*1000, 44100, 2)
		m.due = m.due.Add(h.Duration())
		due := m.due
		m.mu.Unlock()
		for _, in := range to {
			in.Write(mp3.Frame{Header: h, Data: frametest.Numbered(h, n)}.Unit())
		}
		time.Sleep(time.Until(due))
	}
}

// change sets the bit rate.
func (m *metronome) change(kbits int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kbits = kbits
}

// skip moves the clock: a negative step is a break.
func (m *metronome) skip(step time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.due = m.due.Add(-step)
}

// studio is two mounts whose sources send in time, and a listener of the first one in a
// shard.
type studio struct {
	in, other *mounts.Input
	source    metronome
	socket    *taker
	l         *listener
	left      chan string // why the listener has left
}

// onAir runs test in a bubble, with a studio of that bit rate and a socket that takes at
// most so many bytes at once; 0: everything.
func onAir(t *testing.T, toml string, kbits int, takes int, test func(*studio)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c, err := conf.Parse("relay.toml", []byte(toml))
		if err != nil {
			t.Fatal(err)
		}
		live := conf.NewLive(c)
		r := mounts.NewRegistry(live, nil, zap.NewNop())
		s := &studio{socket: &taker{limit: takes}, left: make(chan string, 1)}
		for name, in := range map[string]**mounts.Input{"/live": &s.in, "/other": &s.other} {
			if *in, err = r.Attach(name, mounts.Feed{}); err != nil {
				t.Fatal(err)
			}
		}
		ctx, stop := context.WithCancel(context.Background())
		var running sync.WaitGroup
		s.source.due, s.source.kbits = time.Now(), kbits
		running.Go(func() { s.source.run(ctx, s.in, s.other) })
		time.Sleep(30 * time.Second) // so that there is a burst

		f := flusher{conf: live, gate: auth.NewGate(live, zap.NewNop())}
		s.l = &listener{mount: s.in.Mount, socket: s.socket}
		s.l.Since = time.Now()
		if err := s.in.Mount.Audience.Join(&s.l.Listener); err != nil {
			t.Fatal(err)
		}
		s.l.limit(time.Duration(s.in.Mount.Config().MaxDuration))
		s.l.join(s.in.Mount.Burst())
		f.flush(s.l, time.Now())
		shard := newShard(f, func(l *listener, reason string) {
			l.mount.Audience.Leave(&l.Listener, reason)
			s.left <- reason
		}, func(time.Time) {})
		running.Go(func() { shard.run(ctx) })
		shard.add(s.l)
		test(s)
		stop()
		running.Wait()
		r.Close()
	})
}

func TestIntervalFollowsTheLead(t *testing.T) {
	const burst5s = "[limits]\nburst = '5s'\n"
	for _, tt := range []struct {
		name, toml        string
		kbits, takes      int           // takes: at most so much at once
		young             time.Duration // the longest interval of a young listener
		shortest, longest time.Duration // intervals once they have grown
	}{
		{"a third of the lead", burst5s, 128, 0, 250 * time.Millisecond, 1400 * time.Millisecond, 1700 * time.Millisecond},
		{"flush_max", "[limits]\nburst = '8s'\n", 128, 0, 250 * time.Millisecond, 1700 * time.Millisecond, 2 * time.Second},
		{"a shorter flush_max", burst5s + "flush_max = '500ms'\n", 128, 0, 250 * time.Millisecond, 400 * time.Millisecond, 500 * time.Millisecond},
		{"one interval for all", burst5s + "flush_interval = '500ms'\nflush_max = '500ms'\n", 128, 0, 500 * time.Millisecond, 400 * time.Millisecond, 500 * time.Millisecond},
		{"32 KiB", "[limits]\nburst = '8s'\n", 320, 0, 250 * time.Millisecond, 600 * time.Millisecond, 850 * time.Millisecond},
		{"hardly more lead than a block", burst5s, 56, 0, 250 * time.Millisecond, 200 * time.Millisecond, 250 * time.Millisecond},
		{"no burst", "[limits]\nburst = 0\n", 128, 0, 250 * time.Millisecond, 200 * time.Millisecond, 250 * time.Millisecond},
		{"takes little of its burst", burst5s, 128, 3990, 250 * time.Millisecond, 200 * time.Millisecond, 250 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			onAir(t, tt.toml, tt.kbits, tt.takes, func(s *studio) {
				joined := time.Now()
				time.Sleep(youth)
				if _, longest := s.socket.gaps(joined); longest > tt.young {
					t.Errorf("a young listener waits for %v", longest)
				}
				time.Sleep(30 * time.Second)
				grown := time.Now()
				time.Sleep(time.Minute)
				if shortest, longest := s.socket.gaps(grown); shortest < tt.shortest || longest > tt.longest {
					t.Errorf("intervals from %v to %v, want %v to %v", shortest, longest, tt.shortest, tt.longest)
				}
			})
		})
	}
}

// A break of the source uses up lead: the listener is flushed more often, until the mount
// has made up for it.
func TestIntervalFollowsABreak(t *testing.T) {
	onAir(t, "[limits]\nburst = '5s'\n", 128, 0, func(s *studio) {
		const whole = 1400 * time.Millisecond // at least, with the whole lead
		time.Sleep(time.Minute)
		began := time.Now()
		time.Sleep(time.Minute)
		if shortest, _ := s.socket.gaps(began); shortest < whole {
			t.Errorf("before the break: intervals from %v", shortest)
		}
		s.source.skip(-5 * time.Second)
		time.Sleep(3 * time.Second)
		began = time.Now()
		time.Sleep(5 * time.Second)
		if _, longest := s.socket.gaps(began); longest >= whole {
			t.Errorf("after the break: intervals to %v", longest)
		}
		time.Sleep(10 * time.Minute)
		began = time.Now()
		time.Sleep(time.Minute)
		if shortest, _ := s.socket.gaps(began); shortest < whole {
			t.Errorf("once it is made up for: intervals from %v", shortest)
		}
	})
}

// What concerns a listener is carried out soon, however long its interval is.
func TestOrdersActSoon(t *testing.T) {
	const soon = 500 * time.Millisecond
	for _, tt := range []struct {
		reason string
		order  func(*studio)
	}{
		{mounts.LeftKicked, func(s *studio) { s.in.Mount.Audience.Order(s.l.ID, mounts.Order{}) }},
		{mounts.LeftKicked, func(s *studio) { s.in.Mount.Audience.OrderAll(mounts.Order{}) }},
		{mounts.LeftEnded, func(s *studio) {
			s.in.Detach()
			time.Sleep(time.Duration(s.in.Mount.Config().Grace))
		}},
		{mounts.LeftOverdue, func(s *studio) { time.Sleep(time.Minute) }},
	} {
		t.Run(tt.reason, func(t *testing.T) {
			limit := ""
			if tt.reason == mounts.LeftOverdue {
				limit = "max_duration = '2m'\n"
			}
			onAir(t, "[limits]\nburst = '8s'\n[[mount]]\nname = '/live'\ngrace = '3s'\n"+limit, 128, 0, func(s *studio) {
				time.Sleep(time.Minute)
				tt.order(s)
				began := time.Now()
				if reason := <-s.left; reason != tt.reason || time.Since(began) > soon {
					t.Errorf("%q after %v", reason, time.Since(began))
				}
			})
		})
	}
}

// A moved listener hears the other mount soon, is young again, and keeps its lead.
func TestMovedListenerIsYoungAgain(t *testing.T) {
	onAir(t, "[limits]\nburst = '8s'\n", 128, 0, func(s *studio) {
		time.Sleep(time.Minute)
		moved := time.Now()
		s.in.Mount.Audience.OrderAll(mounts.Order{MoveTo: s.other.Mount})
		time.Sleep(youth - time.Second)
		if shortest, longest := s.socket.gaps(moved); longest > 250*time.Millisecond || s.other.Mount.Audience.Count() != 1 {
			t.Errorf("intervals from %v to %v after the move", shortest, longest)
		}
		time.Sleep(time.Minute)
		grown := time.Now()
		time.Sleep(time.Minute)
		if shortest, longest := s.socket.gaps(grown); shortest < 1700*time.Millisecond {
			t.Errorf("intervals from %v to %v a minute later", shortest, longest)
		}
	})
}

// A listener that is moved again and again holds what its join gave, although seconds of
// the mount that it leaves had not been sent yet.
func TestMovesCostNoLead(t *testing.T) {
	onAir(t, "[limits]\nburst = '8s'\n", 128, 0, func(s *studio) {
		h := frametest.Header(128000, 44100, 2)
		held := func() time.Duration {
			time.Sleep(youth / 2) // young, it is sent what there is every 250 ms
			return time.Duration(s.l.Sent.Load()/int64(h.Size))*h.Duration() - time.Since(s.l.Since)
		}
		first := held()
		for n := range 10 {
			time.Sleep(30*time.Second + time.Duration(n)*300*time.Millisecond)
			from, to := s.in.Mount, s.other.Mount
			if n%2 == 1 {
				from, to = to, from
			}
			from.Audience.OrderAll(mounts.Order{MoveTo: to})
			if now := held(); now < first-300*time.Millisecond || now > first+300*time.Millisecond {
				t.Errorf("after move %d it holds %v, the join gave %v", n+1, now, first)
			}
		}
	})
}

// The kernel paces a listener once it is no longer young, and anew when the bit rate
// changes.
func TestSocketIsPaced(t *testing.T) {
	onAir(t, "[limits]\nburst = '4s'\n", 128, 0, func(s *studio) {
		for _, tt := range []struct {
			after time.Duration
			kbits int
			paced bool
		}{
			{youth - time.Second, 128, false},
			{time.Minute, 128, true},
			{time.Minute, 112, true},
			{time.Minute, 320, true},
			{time.Minute, 48, true},
		} {
			s.source.change(tt.kbits)
			time.Sleep(tt.after)
			s.socket.mu.Lock()
			rates := s.socket.paced
			if !tt.paced && len(rates) > 0 {
				t.Errorf("paced to %v while it is young", rates)
			}
			if tt.paced && (len(rates) == 0 || math.Abs(float64(rates[len(rates)-1])/float64(tt.kbits*125*pacing)-1) > 0.35) {
				t.Errorf("at %d kbit/s paced to %v", tt.kbits, rates)
			}
			s.socket.mu.Unlock()
		}
		s.socket.mu.Lock()
		defer s.socket.mu.Unlock()
		if calls := len(s.socket.paced); calls > 10 {
			t.Errorf("paced %d times", calls)
		}
	})
}

// A line that loses packets of large flushes gets small ones, and tries large ones
// seldom.
func TestIntervalFollowsLosses(t *testing.T) {
	onAir(t, "[limits]\nburst = '8s'\n", 128, 0, func(s *studio) {
		s.socket.narrow(6000)
		time.Sleep(time.Minute)
		began, losses := time.Now(), s.socket.lost()
		time.Sleep(9 * time.Minute)
		if _, longest := s.socket.gaps(began); longest > 250*time.Millisecond || s.socket.lost() != losses {
			t.Errorf("an interval of %v, and %d packets lost", longest, s.socket.lost()-losses)
		}
		if losses > 10 {
			t.Errorf("%d packets were lost before", losses)
		}
		s.socket.narrow(0)
		time.Sleep(2 * time.Minute)
		began = time.Now()
		time.Sleep(time.Minute)
		if shortest, _ := s.socket.gaps(began); shortest < 1700*time.Millisecond {
			t.Errorf("an interval of %v on a line that loses no more", shortest)
		}
	})
}
