package players

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"relay/e2e/harness"
)

// step is how often a player decodes: it uses up that much audio at once.
const step = 20 * time.Millisecond

// A model describes a player: what its hardware and its network make of a stream.
type model struct {
	name    string
	segment int                          // bytes of a TCP segment
	window  int                          // bytes that its network takes ahead of its reads
	buffer  func(rate float64) int       // bytes that it holds, of a stream of so many bytes a second
	begins  func(rate float64) int       // bytes that it holds when it begins to play
	reads   func(age time.Duration) bool // whether it reads when it is that old
}

// A player plays what comes out of a socket: audio by a clock that runs as fast as the
// machine lets it.
type player struct {
	model
	rate    float64 // bytes a second
	socket  syscall.RawConn
	blocks  blocks
	scratch []byte // as large as its buffer

	excuse func() bool // whether a program before it is late itself; nil: there is none

	age      time.Duration // by its own clock
	held     int           // bytes of audio in its buffer
	playing  bool
	played   time.Duration
	used     int // bytes
	least    int // bytes in its buffer, ever since it began to play
	underran int // times
	excused  int // steps that were late, and were tried again
}

// tune connects a player to a mount, with additional header lines.
func (s station) tune(t testing.TB, m model, kbits int, header string) *player {
	t.Helper()
	dialer := net.Dialer{Control: m.shrink}
	conn, err := dialer.Dial("tcp", s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(harness.Patience))
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: %s\r\n%s\r\n", mountOf(kbits), s.Addr, m.name, header)
	head := harness.Player{Conn: conn, In: bufio.NewReaderSize(byteReader{conn}, 16)}
	head.ReadHead(t)
	if head.Status != "HTTP/1.0 200 OK" {
		t.Fatalf("%s got %q", m.name, head.Status)
	}
	conn.SetDeadline(time.Time{})
	socket, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	p := newPlayer(m, bytesPerSecond(kbits), socket)
	p.blocks = blocks{metaint: head.Metaint, audio: head.Metaint}
	return p
}

// newPlayer returns a player that takes so many bytes a second out of a socket.
func newPlayer(m model, rate float64, socket syscall.RawConn) *player {
	buffer := m.buffer(rate)
	return &player{model: m, rate: rate, socket: socket, scratch: make([]byte, buffer), least: buffer}
}

// byteReader reads single bytes, and so leaves in a connection what follows the head.
type byteReader struct{ net.Conn }

func (r byteReader) Read(b []byte) (int, error) { return r.Conn.Read(b[:1]) }

// shrink gives a socket the segments and the window of the model, before it connects.
func (m model) shrink(_, _ string, conn syscall.RawConn) error {
	var segmentErr, windowErr error
	err := conn.Control(func(fd uintptr) {
		segmentErr = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG, m.segment)
		windowErr = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, m.window)
	})
	return errors.Join(err, segmentErr, windowErr)
}

// listen plays until the player is as old as that.
//
// A machine that is busy wakes the player late. It then plays all that it has missed, so
// that it does not gain audio. If it runs dry in doing so, it tries again with the next
// step, for as long as it was late: audio may have waited behind its window, which opens
// only as it reads. A program before it may be late as well.
func (p *player) listen(until time.Duration) error {
	began := time.Now()
	var late time.Duration // for how long it may still try again
	for due := began; p.age < until; {
		due = due.Add(step)
		time.Sleep(time.Until(due))
		now := time.Now()
		if lateness := now.Sub(due); lateness > step {
			due = now
			late += lateness
		}
		for behind := now.Sub(began) - p.age; behind >= step && p.age < until; behind -= step {
			if err := p.take(); err != nil {
				return fmt.Errorf("%s, %v old: %w", p.name, p.age, err)
			}
			if p.isDry() && (late > 0 || p.excuse != nil && p.excuse()) && behind < harness.Patience {
				p.excused++
				late -= step
				break
			}
			p.decode()
		}
		if now.Sub(began)-p.age < step {
			late = 0
		}
	}
	return nil
}

// take reads what the buffer has room for, without waiting.
func (p *player) take() error {
	for p.reads(p.age) && p.held < len(p.scratch) {
		n, err := p.read(p.scratch[p.held:])
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		p.held += p.blocks.without(p.scratch[p.held:][:n])
	}
	p.playing = p.playing || p.held >= p.begins(p.rate)
	return nil
}

// read returns at once; 0 means that nothing has come.
func (p *player) read(b []byte) (n int, err error) {
	waitErr := p.socket.Read(func(fd uintptr) bool {
		n, err = unix.Read(int(fd), b)
		return true
	})
	switch {
	case waitErr != nil:
		return 0, waitErr
	case err == unix.EAGAIN || err == unix.EINTR:
		return 0, nil
	case err == nil && n == 0:
		return 0, io.EOF
	}
	return n, err
}

// needs returns how many bytes the next step uses up.
func (p *player) needs() int { return int(p.rate*(p.played+step).Seconds()) - p.used }

// isDry reports whether the buffer has less than the next step uses up.
func (p *player) isDry() bool { return p.playing && p.held < p.needs() }

// decode plays a step. A player that has run dry begins again when its buffer is filled.
func (p *player) decode() {
	switch need := p.needs(); {
	case p.isDry():
		p.underran++
		p.playing = false
		p.least = 0
	case p.playing:
		p.held -= need
		p.used += need
		p.played += step
		p.least = min(p.least, p.held)
	}
	p.age += step
}

// begin waits until the player begins to play.
func (p *player) begin(t testing.TB) {
	t.Helper()
	harness.Eventually(t, "sound", func() bool {
		if err := p.take(); err != nil {
			t.Fatalf("%s: %v", p.name, err)
		}
		return p.playing
	})
}

// neverRunsDry listens for a whole stretch, and fails the test if the player runs dry.
func (p *player) neverRunsDry(t testing.TB) {
	t.Helper()
	p.begin(t)
	if err := p.listen(grown + stretch()); err != nil {
		t.Fatal(err)
	}
	if t.Log(p); p.underran > 0 {
		t.Errorf("ran dry %d times", p.underran)
	}
}

// String returns what became of a player.
func (p *player) String() string {
	return fmt.Sprintf("played %v of %v, %d underruns, %d late steps, at least %.2f s in its buffer of %.2f s",
		p.played, p.age, p.underran, p.excused, float64(p.least)/p.rate, float64(len(p.scratch))/p.rate)
}

// blocks tells audio from the metadata blocks in it.
type blocks struct {
	metaint int // 0: there are none
	audio   int // bytes until the next block
	text    int // bytes left of the current block
}

// without returns how many of the next bytes are audio.
func (m *blocks) without(b []byte) (audio int) {
	if m.metaint == 0 {
		return len(b)
	}
	for len(b) > 0 {
		switch {
		case m.text > 0:
			n := min(m.text, len(b))
			m.text -= n
			b = b[n:]
		case m.audio > 0:
			n := min(m.audio, len(b))
			m.audio -= n
			audio += n
			b = b[n:]
		default:
			m.text, m.audio = 16*int(b[0]), m.metaint
			b = b[1:]
		}
	}
	return audio
}
