package harness

import (
	"fmt"
	"io"
	"sync/atomic"
	"testing"

	"relay/frames/frametest"
)

// Broadcast keeps a source sending numbered frames to a mount in real time, until
// the test or the connection ends. Its numbers begin at n<<32, so that a Crowd can
// tell it from the sources with another n.
func (r *Relay) Broadcast(t testing.TB, mount string, n uint64, header ...string) *Encoder {
	t.Helper()
	e := r.Encode(t, mount, header...)
	e.Sent = n << 32
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		e.Play(stop)
	}()
	t.Cleanup(func() {
		close(stop)
		<-stopped
	})
	return e
}

// Crowd is listeners of a mount, each of which looks at every frame. They may
// hear one source after the other; of each they must hear one frame after the
// other, and nothing that is not a frame.
type Crowd struct{ members []*member }

type member struct {
	*Player
	heard atomic.Uint64 // the number of the last frame
	err   atomic.Pointer[error]
}

// Gather tunes so many listeners in to a mount, every second one with metadata.
// They listen until the test ends.
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

// follow reads until something is not as it must be.
func (m *member) follow() error {
	unnumbered := 0 // frames since the last one with a number
	for {
		frame, err := m.Frame()
		if err != nil {
			return err
		}
		n, ok := frametest.Number(frame)
		if !ok { // of a splice
			unnumbered++
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

// failure returns why a listener hears no more, or nil.
func (m *member) failure() error {
	if err := m.err.Load(); err != nil {
		return *err
	}
	return nil
}

// Hears waits until everybody in the crowd hears the source with a number, see
// Broadcast, and has lost nothing so far.
func (c *Crowd) Hears(t testing.TB, n uint64) {
	t.Helper()
	c.hears(t, fmt.Sprintf("source %d", n), func(_ *member, heard uint64) bool { return heard>>32 == n })
}

// GoesOn waits until everybody in the crowd has heard some more frames, and has
// lost nothing so far.
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

// Ends waits until everybody's stream has ended in order.
func (c *Crowd) Ends(t testing.TB) {
	t.Helper()
	for i, m := range c.members {
		Eventually(t, fmt.Sprintf("the end of listener %d", i), func() bool { return m.failure() != nil })
		if err := m.failure(); err != io.EOF {
			t.Errorf("listener %d: %v", i, err)
		}
	}
}
