package mounts

import (
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"
)

const flushInterval = "limits.flush_interval = '200ms'\nlimits.flush_max = '200ms'\n" // a cadence of 100 ms

// send sends that many portions, each with that much audio and that long after the one
// before.
func send(in *Input, times int, after, audio time.Duration) {
	for range times {
		time.Sleep(after)
		in.Heard(Portion{Audio: audio})
	}
}

func TestReceptionCountsGaps(t *testing.T) {
	const tenth = 100 * time.Millisecond
	for name, c := range map[string]struct {
		send             func(*Input)
		gaps             int64
		longest, missing float64
	}{
		"an even stream": {send: func(in *Input) { send(in, 300, tenth, tenth) }},
		"less than a second late": {send: func(in *Input) {
			send(in, 30, tenth, tenth)
			send(in, 1, tenth+900*time.Millisecond, tenth)
		}},
		"two outages, of which one lasts": {gaps: 2, longest: 4, missing: 6.5, send: func(in *Input) {
			send(in, 30, tenth, tenth)
			send(in, 1, 2500*time.Millisecond+tenth, tenth)
			send(in, 30, tenth, tenth)
			time.Sleep(4*time.Second + tenth) // and still lasts
		}},
		"large pieces are no gaps": {send: func(in *Input) { send(in, 10, 4*time.Second, 4*time.Second) }},
		"a burst at the beginning hides no later outage": {gaps: 1, longest: 3, missing: 3, send: func(in *Input) {
			send(in, 1, 0, 5*time.Second)
			send(in, 30, tenth, tenth)
			send(in, 1, 3*time.Second+tenth, tenth)
		}},
		"what comes late in one piece hides no second outage": {gaps: 2, longest: 5, missing: 8, send: func(in *Input) {
			send(in, 30, tenth, tenth)
			send(in, 1, 5*time.Second+tenth, 5*time.Second)
			send(in, 20, tenth, tenth)
			send(in, 1, 3*time.Second+tenth, tenth)
		}},
		"bytes without a frame end no gap": {gaps: 1, longest: 3, missing: 3, send: func(in *Input) {
			send(in, 30, tenth, tenth)
			send(in, 30, tenth, 0)
			time.Sleep(tenth)
		}},
		"nothing has ever come": {send: func(*Input) { time.Sleep(5 * time.Second) }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in := attach(t, newRegistry(t, flushInterval), "/live", LiveSource)
				c.send(in)
				r := in.Reception()
				if r.Gaps != c.gaps || r.LongestGap != c.longest || r.Missing != c.missing {
					t.Errorf("%d gaps, the longest of %v s, %v s together; want %d, %v, %v",
						r.Gaps, r.LongestGap, r.Missing, c.gaps, c.longest, c.missing)
				}
				in.Detach()
				if s := in.Mount.Totals(); s.Gaps != c.gaps || s.Missing.Seconds() != c.missing {
					t.Errorf("the mount's totals: %d gaps, %v", s.Gaps, s.Missing)
				}
			})
		})
	}
}

func TestReceptionMeasuresJitter(t *testing.T) {
	const frame = 26122 * time.Microsecond
	for name, c := range map[string]struct {
		send  func(*Input)
		least float64
		most  float64
	}{
		"none when each frame comes in time": {send: func(in *Input) { send(in, 500, frame, frame) }},
		"none when reading collects whole frames": {send: func(in *Input) {
			for range 100 { // 4.5 frames at a time
				send(in, 1, 4*frame+frame/2, 4*frame)
				send(in, 1, 4*frame+frame/2, 5*frame)
			}
		}},
		"none for a burst at the beginning": {send: func(in *Input) {
			send(in, 1, 0, 10*time.Second)
			send(in, 100, frame, frame)
		}},
		"pieces that come half a second early and late": {least: 350, most: 400, send: func(in *Input) {
			for range 100 {
				send(in, 1, 1500*time.Millisecond, time.Second)
				send(in, 1, 500*time.Millisecond, time.Second)
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				in := attach(t, newRegistry(t, flushInterval), "/live", LiveSource)
				c.send(in)
				if j := in.Reception().Jitter; j < c.least || j > c.most {
					t.Errorf("jitter of %v ms, want %v to %v", j, c.least, c.most)
				}
			})
		})
	}
}

func TestReceptionRemembersTwoMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := attach(t, newRegistry(t, ""), "/live", LiveSource)
		if got := in.Reception().Seconds; got == nil || len(got) != 0 {
			t.Errorf("at the beginning: %v", got)
		}
		time.Sleep(time.Millisecond)
		send(in, 3, 0, 250*time.Millisecond)
		time.Sleep(2 * time.Second)
		send(in, 1, 0, 900*time.Millisecond)
		time.Sleep(time.Second)
		text, err := json.Marshal(in.Reception().Seconds)
		if err != nil || string(text) != "[750,0,900]" {
			t.Errorf("seconds %s, %v", text, err)
		}
		for second := range 200 {
			send(in, 1, time.Second, time.Duration(second)*time.Millisecond)
		}
		got := in.Reception().Seconds
		if len(got) != 120 || got[0] != 79 || got[119] != 198 {
			t.Errorf("%d seconds, %v", len(got), got)
		}
		time.Sleep(time.Hour)
		if got := in.Reception().Seconds; len(got) != 120 || got[0] != 0 || got[119] != 0 {
			t.Errorf("after an hour of nothing: %v", got)
		}
	})
}

func TestMillisecondsAreExact(t *testing.T) {
	for ms := range 100_000 {
		if got := inSeconds(time.Duration(ms) * time.Millisecond); got != float64(ms)/1000 {
			t.Fatalf("%d ms are %v s", ms, got)
		}
	}
}

// Pages use the JSON names.
func TestReceptionAsJSON(t *testing.T) {
	text, err := json.Marshal(Reception{1, 2.5, 3, 4.5, 64, true, 5, 6, []int{7, 8}})
	want := `{"gaps":1,"longest_gap":2.5,"missing":3,"jitter_ms":4.5,"bitrate":64,"too_slow":true,"resyncs":5,"garbage":6,"seconds":[7,8]}`
	if err != nil || string(text) != want {
		t.Errorf("%s, %v", text, err)
	}
}

func TestReceptionIsThatOfTheSource(t *testing.T) {
	r := newRegistry(t, "")
	files := attach(t, r, "/live", Files)
	m := files.Mount
	files.Heard(Portion{Audio: time.Second, Resyncs: 1})
	if files.Reception() != nil || m.Status().Reception != nil {
		t.Error("files are said to be received")
	}
	live := attach(t, r, "/live", LiveSource)
	live.Heard(Portion{Audio: time.Second, Resyncs: 2, Garbage: 300})
	if got := m.Status().Reception; got == nil || got.Resyncs != 2 || got.Garbage != 300 {
		t.Errorf("the source's reception: %+v", got)
	}
	live.Kick()
	if m.Status().Reception != nil {
		t.Error("the reception outlived its source")
	}
	again := attach(t, r, "/live", LiveSource)
	again.Heard(Portion{Garbage: 5})
	if got := again.Reception(); got.Resyncs != 0 || got.Garbage != 5 {
		t.Errorf("another source begins with %+v", got)
	}
	if got := m.Totals(); got.Resyncs != 2 || got.Garbage != 305 {
		t.Errorf("totals of all sources: %+v", got)
	}
}

// A relay that has lost its stream is not short of audio: the loss shows elsewhere.
func TestNothingIsDueOfARelayThatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := attach(t, newRegistry(t, "[[mount]]\nname = '/live'\ngrace = '10s'\n"), "/live", Relayed)
		play := func() {
			in.Write(numbered(1))
			send(in, 20, 100*time.Millisecond, 100*time.Millisecond)
		}
		play()
		in.Pause()
		time.Sleep(5 * time.Second)
		play()
		if r := in.Reception(); r.Gaps != 0 {
			t.Errorf("%+v", r)
		}
		if got := in.Mount.Totals().Reconnects; got != 1 {
			t.Errorf("%d reconnects", got)
		}
	})
}

// Each read from a source takes the mount's lock, gets the time, and then measures.
func BenchmarkHeard(b *testing.B) {
	in := attach(b, newRegistry(b, ""), "/live", LiveSource)
	p := Portion{Audio: 104 * time.Millisecond}
	b.Run("a read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			in.Heard(p)
		}
	})
	b.Run("measuring alone", func(b *testing.B) {
		b.ReportAllocs()
		now := time.Now()
		for b.Loop() {
			now = now.Add(p.Audio)
			in.jitter.take(now, p)
		}
	})
}
