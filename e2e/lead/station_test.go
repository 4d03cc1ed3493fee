package lead

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"relay/codec/mp3/frametest"
	"relay/e2e/harness"
)

// frameTime is the length of the frames of a source.
const frameTime = 1152 * time.Second / 44100

// config is the configuration of all stations here. Listeners are flushed evenly, so
// that their lead is known at any time.
const config = harness.Config + `
[[mount]]
name = "/control"
silence = true
[limits]
flush_interval = "100ms"
flush_max = "100ms"
`

// station is a server with a listener who holds it to the law.
type station struct {
	*harness.Relay
	control *listener
	hears   *listener // of /live
}

// start starts a server with tables added to its configuration, and its control.
func start(t testing.TB, tables string) *station {
	t.Helper()
	return open(t, harness.Start(t, config+tables))
}

// open returns a server that runs with config as a station, with its control.
func open(t testing.TB, r *harness.Relay) *station {
	t.Helper()
	s := &station{Relay: r}
	harness.Eventually(t, "the control", func() bool { return s.Source(t, "/control").State == "silence" })
	s.control = listen(t, s.Relay, "/control")
	return s
}

// tuneIn tunes the listener of /live in.
func (s *station) tuneIn(t testing.TB) {
	t.Helper()
	s.hears = listen(t, s.Relay, "/live", "Icy-MetaData: 1")
	t.Logf("the join gave %v; the mount says %.2f s, and owes %.2f s", s.hears.join,
		s.metric(t, "relay_mount_lead_seconds", ""), s.metric(t, "relay_mount_debt_seconds", ""))
}

// keepsTheLaw checks the listener after an event.
func (s *station) keepsTheLaw(t testing.TB, after string) {
	t.Helper()
	allowed := pieces + s.control.lacked()
	l := s.hears
	now := l.holds()
	l.mu.Lock()
	defer l.mu.Unlock()
	least := max(leastLead, l.join/2)
	lowest := min(now, l.lowest)
	switch {
	case l.ended != nil:
		t.Fatalf("%s: the listener was lost: %v", after, l.ended)
	case lowest < least-allowed:
		t.Errorf("%s: the lead fell to %v; the join gave %v, and the machine explains %v", after, lowest, l.join, allowed)
	case l.highest > l.join+mostGrowth+allowed:
		t.Errorf("%s: the lead grew to %v; the join gave %v", after, l.highest, l.join)
	case l.disorder != nil:
		t.Errorf("%s: %v", after, l.disorder)
	}
	t.Logf("%s: holds %.2f s, at least %.2f s, at most %.2f s; the control lacked %.2f s", after, now.Seconds(), lowest.Seconds(), l.highest.Seconds(), (allowed - pieces).Seconds())
	l.lowest, l.highest = now, now
}

// metric returns a series of /metrics about /live.
func (s *station) metric(t testing.TB, name, labels string) float64 {
	t.Helper()
	_, text := s.Admin(t, "/metrics")
	value, found := harness.Metric(text, fmt.Sprintf(`%s{%smount="/live"}`, name, labels))
	if !found {
		t.Fatalf("/metrics has no %s with %s", name, labels)
	}
	return value
}

// paid returns how much was paid or left out in a way, in seconds.
func (s *station) paid(t testing.TB, how string) float64 {
	t.Helper()
	return s.metric(t, "relay_mount_paid_seconds_total", fmt.Sprintf("how=%q,", how))
}

// paysItsDebts waits until nothing is owed any more, and checks that the listener has
// what it was given again. The programme must be silent, so that debts need not wait.
func (s *station) paysItsDebts(t testing.TB) {
	t.Helper()
	harness.EventuallyIn(t, 2*harness.Patience, "the debts to be paid", func() bool {
		return s.metric(t, "relay_mount_debt_seconds", "") < 0.1
	})
	s.hears.plays(t, time.Second)
	s.keepsTheLaw(t, "debts paid")
	for _, how := range []string{"at once", "at splice", "in pauses", "left out", "repeated"} {
		t.Logf("%s: %.2f s", how, s.paid(t, how))
	}
	if now, allowed := s.hears.holds(), pieces+s.control.lacked(); now < s.hears.join-allowed {
		t.Errorf("with all debts paid, the listener holds %v; the join gave %v", now, s.hears.join)
	}
}

// misses checks that each frame of a source that the listener has not heard is accounted
// for in /metrics.
func (s *station) misses(t testing.TB, source uint32) {
	t.Helper()
	_, missing := s.hears.has(source)
	if left := s.paid(t, "left out"); float64(missing)*frameTime.Seconds() > left+0.05 {
		t.Errorf("%d frames are missing, and only %.2f s were left out", missing, left)
	}
}

// encoder is a source of numbered frames that connects again and again. It plays in
// real time.
type encoder struct {
	*harness.Encoder
	mount         string
	id            uint32
	sent          uint64
	stop, stopped chan struct{}
}

// encode connects an encoder to a mount.
func (s *station) encode(t testing.TB, mount string, id uint32) *encoder {
	t.Helper()
	e := &encoder{mount: mount, id: id, sent: uint64(id) << 32}
	e.connect(t, s.Relay)
	return e
}

// connect connects to the mount and goes on with the next frame.
func (e *encoder) connect(t testing.TB, r *harness.Relay) {
	t.Helper()
	e.Encoder = r.Encode(t, e.mount)
	e.Sent = e.sent
	e.play(t)
}

// play begins to send.
func (e *encoder) play(t testing.TB) {
	stop, stopped, conn := make(chan struct{}), make(chan struct{}), e.Encoder
	e.stop, e.stopped = stop, stopped
	go func() {
		defer close(stopped)
		conn.Play(stop)
	}()
	t.Cleanup(func() {
		conn.Close()
		<-stopped
	})
}

// pause stops sending, and stays connected.
func (e *encoder) pause() {
	close(e.stop)
	<-e.stopped
	e.sent = e.Sent
}

// lose ends the connection.
func (e *encoder) lose() {
	e.pause()
	e.Close()
}

// numberedFile writes an MP3 file of numbered frames into a folder and returns its
// path.
func numberedFile(t testing.TB, dir, name string, id uint32, length time.Duration) string {
	t.Helper()
	var audio bytes.Buffer
	for n := range uint64(length / frameTime) {
		audio.Write(frametest.Numbered(harness.Header128, uint64(id)<<32+1+n))
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, audio.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
