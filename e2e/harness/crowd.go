package harness

import (
	"fmt"
	"io"
	"sync/atomic"
	"testing"

	"relay/codec"
	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
)

// Broadcast connects a source that sends numbered frames to a mount in real time
// until the test or the connection ends. The upper 32 bits of its numbers are n, by
// which a Crowd distinguishes sources.
func (r *Relay) Broadcast(t testing.TB, mount string, n uint64, header ...string) *Encoder {
	t.Helper()
	e := r.Encode(t, mount, header...)
	e.Sent = n << 32
	e.KeepPlaying(t)
	return e
}

// KeepPlaying sends numbered frames in real time until the test or the connection ends.
// The goroutine that sends ends before the test does.
func (e *Encoder) KeepPlaying(t testing.TB) {
	t.Helper()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		e.Play(stop)
	}()
	t.Cleanup(func() {
		close(stop)
		<-stopped
	})
}

// Crowd is a number of listeners of one mount that check every frame. They may hear
// one source after another; of each they must hear all frames in order, and nothing
// but frames.
type Crowd struct{ members []*member }

type member struct {
	*Player
	heard atomic.Uint64 // number of the last frame
	err   atomic.Pointer[error]
}

// Gather tunes many listeners in to a mount, every second one with metadata. They
// check what they hear until the test ends.
func (r *Relay) Gather(t testing.TB, mount string, many int) *Crowd {
	t.Helper()
	c := &Crowd{}
	for i := range many {
		var header []string
		if i%2 == 1 {
			header = []string{"Icy-MetaData: 1"}
		}
		m := &member{Player: r.Tune(t, mount, header...)}
		done := make(chan struct{})
		go func() {
			defer close(done)
			err := m.follow()
			m.err.Store(&err)
		}()
		t.Cleanup(func() {
			m.Close()
			<-done
		})
		c.members = append(c.members, m)
	}
	return c
}

// follow reads and checks frames until an error, which it returns.
func (m *member) follow() error {
	unnumbered := 0 // number of frames since the last one with a number, without silence that the mount added
	for {
		frame, err := m.Frame()
		if err != nil {
			return err
		}
		n, ok := frametest.Number(frame)
		if !ok {
			h, _ := mp3.ParseHeader(frame)
			if f := (mp3.Frame{Header: h, Data: frame}); f.Level() != codec.DigitalSilence {
				unnumbered++
			}
			continue
		}
		last := m.heard.Load()
		if n>>32 == last>>32 && (n != last+1 || unnumbered > 0) {
			return fmt.Errorf("frame %#x behind frame %#x and %d frames without a number", n, last, unnumbered)
		}
		unnumbered = 0
		m.heard.Store(n)
	}
}

// failure returns why a listener has stopped, or nil.
func (m *member) failure() error {
	if err := m.err.Load(); err != nil {
		return *err
	}
	return nil
}

// Hears waits until every listener hears the source with the number n of Broadcast.
// It fails the test if one has lost frames or its stream.
func (c *Crowd) Hears(t testing.TB, n uint64) {
	t.Helper()
	c.hears(t, fmt.Sprintf("source %d", n), func(_ *member, heard uint64) bool { return heard>>32 == n })
}

// GoesOn waits until every listener has heard more than 20 further frames. It fails
// the test if one has lost frames or its stream.
func (c *Crowd) GoesOn(t testing.TB) {
	t.Helper()
	before := map[*member]uint64{}
	for _, m := range c.members {
		before[m] = m.heard.Load()
	}
	c.hears(t, "more", func(m *member, heard uint64) bool { return heard > before[m]+20 })
}

func (c *Crowd) hears(t testing.TB, what string, condition func(*member, uint64) bool) {
	t.Helper()
	for i, m := range c.members {
		Eventually(t, fmt.Sprintf("listener %d to hear %s", i, what), func() bool {
			return m.failure() != nil || condition(m, m.heard.Load())
		})
		if err := m.failure(); err != nil {
			t.Fatalf("listener %d: %v", i, err)
		}
	}
}

// Ends waits until every stream has ended. Any end other than io.EOF fails the test.
func (c *Crowd) Ends(t testing.TB) {
	t.Helper()
	for i, m := range c.members {
		Eventually(t, fmt.Sprintf("the end of listener %d", i), func() bool { return m.failure() != nil })
		if err := m.failure(); err != io.EOF {
			t.Errorf("listener %d: %v", i, err)
		}
	}
}
