package mounts

import (
	"testing"
	"testing/synctest"
	"time"

	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/conf"
)

// A mount on demand that wakes again gives its first listener as much of the upstream's
// burst as at the first time.
func TestHeadStartAfterASleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, "")
		defer r.Close()
		in := attach(t, r, "/live", Relayed)
		m := in.Mount
		for sleep := range 3 {
			done := m.Audience.Want()
			from := m.Stream.Played()
			for n := range 200 { // 5.2 s at once
				if in.Room() <= 0 {
					break
				}
				in.Write(numbered(uint64(1000*sleep + n)))
			}
			if got := m.Stream.Played() - from; got < 4*time.Second {
				t.Errorf("after %d sleeps the burst is cut to %v", sleep, got)
			}
			for n := range 1000 {
				in.Write(numbered(uint64(1000*sleep + 200 + n)))
				time.Sleep(header128.Duration())
			}
			done()
			in.Pause()
			time.Sleep(time.Minute)
		}
	})
}

// A break that nobody hears is not made up for: who comes later has a whole burst.
func TestNobodyIsOwedWhatNobodyHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, "")
		defer r.Close()
		in := attach(t, r, "/live", LiveSource)
		m := in.Mount
		playOn(in, 20*time.Second)
		time.Sleep(8 * time.Second)
		playOn(in, 20*time.Second)
		if lead := m.Status().Lead; lead.Debt > 0 || lead.Seconds < 4 {
			t.Errorf("after a break without listeners: %+v", lead)
		}
		time.Sleep(4 * time.Second)
		l := &Listener{}
		if err := m.Audience.Join(l); err != nil { // in the middle of a break
			t.Fatal(err)
		}
		before := m.Stream.Played()
		began := time.Now()
		playOn(in, 12*time.Minute)
		if grown := m.Stream.Played() - before - time.Since(began); grown > maxGrowth {
			t.Errorf("the lead of a listener that came in a break has grown by %v", grown)
		}
		m.Audience.Leave(l, LeftByItself)
	})
}

// What a source or relay of another format has sent before its first converted frame
// does not add to the lead.
func TestConvertedBurstIsLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, files, c := convertedMount(t, "")
		defer r.Close()
		m := files.Mount
		for n := range uint64(600) {
			for files.Ahead() < 0 { // as files play
				files.Write(numbered(n))
			}
			time.Sleep(header128.Duration())
		}
		ahead := files.Ahead()
		live := attach(t, r, "/live", LiveSource)
		for n := range 200 {
			live.Write(monoFrame(uint64(n)))
		}
		for range 200 { // 5.2 s at once
			c.begun[0].gives()
		}
		if got := live.Ahead(); got > max(ahead, maxSurplus)+2*header128.Duration() {
			t.Errorf("the stream is %v ahead, was %v", got, ahead)
		}
		if m.Totals().Paid[LeftOut] < 4*time.Second {
			t.Errorf("paid %v", m.Totals().Paid)
		}
	})
}

// An upstream begins with a burst, which is left out when something else has played
// until then.
func TestBurstAfterAnotherInputIsLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, "")
		defer r.Close()
		files := attach(t, r, "/live", Files)
		playOn(files, 10*time.Second)
		relay := attach(t, r, "/live", Relayed)
		for n := range 150 {
			if relay.Room() <= 0 {
				t.Fatalf("held back after %d frames", n)
			}
			relay.Write(numbered(uint64(5000 + n)))
		}
		if got := relay.Ahead(); got > maxSurplus+2*header128.Duration() {
			t.Errorf("the stream is %v ahead", got)
		}
		for n := range 1000 {
			if relay.Room() <= 0 {
				t.Fatalf("held back in time, at frame %d", n)
			}
			relay.Write(numbered(uint64(5150 + n)))
			time.Sleep(header128.Duration())
		}
	})
}

// Listeners that joined a stream that had just begun hold little: silence fills even
// short breaks until few of them are left.
func TestEarlyListenersKeepWhatTheyHold(t *testing.T) {
	r := newRegistry(t, "")
	defer r.Close()
	in := attach(t, r, "/live", LiveSource)
	in.Write(numbered(1))
	m := in.Mount
	whole := reserve(m.burstTime())
	join := func(took time.Duration) *Listener {
		l := &Listener{}
		if err := m.Audience.Join(l); err != nil {
			t.Fatal(err)
		}
		m.Audience.Took(l, took)
		m.Audience.Took(l, took)
		return l
	}
	check := func(when string, want time.Duration) {
		t.Helper()
		if got := m.reserve(); got != want {
			t.Errorf("%s: may lose %v, want %v", when, got, want)
		}
	}
	check("nobody", whole)
	early, earlier := join(3*time.Second), join(time.Second)
	check("two early ones", minReserve)
	m.Audience.Leave(early, LeftByItself)
	for range 3 {
		join(wholeJoin)
	}
	check("one of four", minReserve)
	join(wholeJoin)
	check("one of five", whole)
	m.Audience.Leave(earlier, LeftByItself)
	later := join(3 * time.Second)
	check("another of five", whole)
	for range 2 {
		join(3 * time.Second)
	}
	check("three of seven", reserve(3*time.Second))
	m.Audience.Leave(later, LeftByItself)
	m.Audience.Took(later, time.Second) // has left
	check("two of six", reserve(3*time.Second))
}

// A burst has a whole block of a player that reads in blocks and a second more, where
// that is not much more than configured.
func TestBurstHasAWholeBlock(t *testing.T) {
	for _, tt := range []struct {
		toml  string
		kbits int
		want  conf.Burst
	}{
		{"5s", 320, conf.Burst{Time: conf.Duration(5 * time.Second)}},
		{"5s", 128, conf.Burst{Time: conf.Duration(5 * time.Second)}},
		{"5s", 48, conf.Burst{Time: conf.Duration(blockBurst * 8 * time.Second / 48000)}},
		{"5s", 32, conf.Burst{Time: conf.Duration(5 * time.Second)}},
		{"30s", 48, conf.Burst{Time: conf.Duration(30 * time.Second)}},
		{"8KiB", 48, conf.Burst{Size: 8 << 10}},
	} {
		r := newRegistry(t, "[limits]\nburst = '"+tt.toml+"'")
		in := attach(t, r, "/live", LiveSource)
		h := frametest.Header(tt.kbits*1000, 44100, 2)
		in.Write(mp3.Frame{Header: h, Data: frametest.Numbered(h, 1)}.Unit())
		if got := in.Mount.Burst(); got != tt.want {
			t.Errorf("%s at %d kbit/s: %+v, want %+v", tt.toml, tt.kbits, got, tt.want)
		}
		r.Close()
	}
}

// When the doubt about frames ends with one that releases some of them, all are played.
func TestNothingIsLostWhenDoubtEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t, "")
		defer r.Close()
		in := attach(t, r, "/live", Relayed)
		play := func(frames ...uint64) {
			for _, n := range frames {
				in.Write(numbered(n))
			}
		}
		play(1, 2, 3, 1, 2, 3, 4)
		in.Pause()
		in.Reconnected()
		before := in.Mount.Stream.Played()
		play(1, 2, 3) // may be either of the two
		if in.Mount.Stream.Played() != before {
			t.Fatal("frames in doubt are played")
		}
		time.Sleep(matchFor + time.Millisecond)
		play(2)
		if got, want := in.Mount.Stream.Played()-before, 4*header128.Duration(); got != want {
			t.Errorf("%v are played, want %v", got, want)
		}
	})
}
