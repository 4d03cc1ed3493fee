package lead

import (
	"io"
	"net"
	"sync"
	"testing"
)

// line is a TCP line to a server that can be cut.
type line struct {
	addr string // where it begins

	mu    sync.Mutex
	conns []net.Conn
	down  bool
}

// newLine opens a line to a server. It is closed when the test ends.
func newLine(t testing.TB, to string) *line {
	t.Helper()
	in, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{addr: in.Addr().String()}
	go func() {
		for {
			near, err := in.Accept()
			if err != nil {
				return
			}
			go l.join(near, to)
		}
	}()
	t.Cleanup(func() {
		in.Close()
		l.cut()
	})
	return l
}

// join carries a connection on to the server until either end closes it.
func (l *line) join(near net.Conn, to string) {
	defer near.Close()
	far, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	defer far.Close()
	if !l.carries(near, far) {
		return
	}
	go func() {
		defer far.Close()
		io.Copy(far, near)
	}()
	io.Copy(near, far)
}

// carries reports whether the line is up, and remembers the connections.
func (l *line) carries(conns ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns = append(l.conns, conns...)
	return !l.down
}

// cut closes all connections, and those to come until mend is called.
func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = true
	for _, c := range l.conns {
		c.Close()
	}
	l.conns = nil
}

// mend lets new connections through.
func (l *line) mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = false
}
