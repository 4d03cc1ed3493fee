package lead

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"relay/codec/mp3/frametest"
	"relay/e2e/harness"
)

const (
	// leastLead is what a listener keeps through any break; half of what its join gave
	// if that is more.
	leastLead = 1500 * time.Millisecond

	// mostGrowth is how far the lead may grow above what the join gave.
	mostGrowth = 2 * time.Second

	// pieces is by how much a lead may be below the law, because audio arrives in
	// pieces: relay reads sources, looks after its mounts and flushes listeners a few
	// times a second.
	pieces = 600 * time.Millisecond

	// joining is how long a listener takes in what its join gives.
	joining = time.Second
)

// listener records a mount and measures its lead.
type listener struct {
	*harness.Player
	recording string        // the file with all frames
	done      chan struct{} // closed when the stream has ended

	mu       sync.Mutex
	ended    error         // why the stream has ended; nil: it has not
	began    time.Time     // of the first frame
	received time.Duration // audio
	join     time.Duration // the most that it held while joining
	lowest   time.Duration // lead since then
	highest  time.Duration
	heard    map[uint32]uint64 // the last frame of each source
	missing  map[uint32]uint64 // how many frames of each source were not heard
	silent   int               // frames without a number
	disorder error             // the first frame that came twice or out of order
}

// listen tunes a listener in to a mount. It records until the test ends or it is
// closed.
func listen(t testing.TB, r *harness.Relay, mount string, header ...string) *listener {
	t.Helper()
	l := &listener{
		Player: r.Tune(t, mount, header...), recording: filepath.Join(t.TempDir(), "heard.mp3"), done: make(chan struct{}),
		heard: map[uint32]uint64{}, missing: map[uint32]uint64{},
	}
	file, err := os.Create(l.recording)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(l.done)
		defer file.Close()
		l.record(file)
	}()
	t.Cleanup(l.leave)
	harness.Eventually(t, "what the join gives", func() bool { return l.hasJoined() || l.failure() != nil })
	return l
}

// leave closes the connection and waits for the end of the recording.
func (l *listener) leave() {
	l.Close()
	<-l.done
}

// record takes frames until the stream ends.
func (l *listener) record(file *os.File) {
	out := bufio.NewWriter(file)
	defer out.Flush()
	for {
		frame, err := l.Frame()
		if err != nil {
			l.mu.Lock()
			l.ended = err
			l.mu.Unlock()
			return
		}
		l.take(frame, time.Now())
		out.Write(frame)
	}
}

// take counts a frame.
func (l *listener) take(frame []byte, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.began.IsZero() {
		l.began = now
	}
	before := l.lead(now)
	l.received += harness.MustHeader(frame[:4]...).Duration()
	lead := l.lead(now)
	if now.Sub(l.began) < joining {
		l.join = max(l.join, lead)
		l.lowest, l.highest = l.join, l.join
	} else {
		l.lowest, l.highest = min(l.lowest, before), max(l.highest, lead)
	}
	n, numbered := frametest.Number(frame)
	if !numbered {
		l.silent++
		return
	}
	source := uint32(n >> 32)
	switch last, known := l.heard[source]; {
	case known && n <= last && l.disorder == nil:
		l.disorder = fmt.Errorf("frame %#x behind frame %#x", n, last)
	case known && n > last:
		l.missing[source] += n - last - 1
	}
	l.heard[source] = n
}

// lead returns what a player that never stops would hold. l.mu is held.
func (l *listener) lead(now time.Time) time.Duration { return l.received - now.Sub(l.began) }

// holds returns the lead now.
func (l *listener) holds() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lead(time.Now())
}

func (l *listener) hasJoined() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.began.IsZero() && time.Since(l.began) >= joining
}

func (l *listener) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended
}

// has returns the number of the last frame of a source, 0 if none was heard, and how
// many are missing.
func (l *listener) has(source uint32) (last, missing uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.heard[source], l.missing[source]
}

// awaits waits until the listener has heard a frame of a source that is not older than
// n.
func (l *listener) awaits(t testing.TB, source uint32, n uint64) {
	t.Helper()
	harness.Eventually(t, fmt.Sprintf("frame %#x", n), func() bool {
		last, _ := l.has(source)
		return last >= n || l.failure() != nil
	})
	if err := l.failure(); err != nil {
		t.Fatalf("the listener was lost: %v", err)
	}
}

// plays waits until the listener has heard that much audio more.
func (l *listener) plays(t testing.TB, length time.Duration) {
	t.Helper()
	sofar := func() time.Duration {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.received
	}
	before := sofar()
	harness.EventuallyIn(t, harness.Patience+length, "more audio", func() bool { return sofar() >= before+length || l.failure() != nil })
}

// lacked returns the most by which the lead has been below what the join gave.
func (l *listener) lacked() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(0, l.join-min(l.lowest, l.lead(time.Now())))
}

// decodes fails the test if decoders have a complaint about the recording. It closes the
// connection.
func (l *listener) decodes(t testing.TB) {
	t.Helper()
	l.leave()
	for _, said := range harness.Complaints(t, l.recording) {
		t.Errorf("a decoder warns %s", harness.Tail(said, 5))
	}
}
