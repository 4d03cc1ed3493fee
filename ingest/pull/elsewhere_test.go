package pull

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"relay/ingest/feed/feedtest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// elsewhereNet is a network of scripted servers, each a function of the connection,
// by address. It has no sockets, so that it works with a synctest bubble's clock.
type elsewhereNet struct {
	mu       sync.Mutex
	servers  map[string]func(conn net.Conn)
	requests []string // request heads, in the order of arrival
	dials    atomic.Int64
	spoilt   atomic.Pointer[int] // the next connection panics after this many reads
	open     sync.WaitGroup
}

func (e *elsewhereNet) puller() *Puller { return &Puller{dial: e.dial} }

func (e *elsewhereNet) dial(_ context.Context, _, address string) (net.Conn, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.dials.Add(1)
	serve, ok := e.servers[address]
	if !ok {
		return nil, errors.New("connection refused")
	}
	ours, theirs := net.Pipe()
	e.open.Go(func() {
		defer theirs.Close()
		if head, err := readHead(theirs); err == nil {
			e.mu.Lock()
			e.requests = append(e.requests, head)
			e.mu.Unlock()
			serve(theirs)
		}
	})
	if reads := e.spoilt.Swap(nil); reads != nil {
		return &unlucky{ours, *reads}, nil
	}
	return ours, nil
}

// spoil makes the next connection an unlucky one.
func (e *elsewhereNet) spoil(reads int) { e.spoilt.Store(&reads) }

// set replaces a server; nil removes it.
func (e *elsewhereNet) set(address string, serve func(net.Conn)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if serve == nil {
		delete(e.servers, address)
		return
	}
	e.servers[address] = serve
}

func (e *elsewhereNet) asked() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string(nil), e.requests...)
}

func readHead(r io.Reader) (head string, err error) {
	in := bufio.NewReader(r)
	for !strings.HasSuffix(head, "\r\n\r\n") {
		line, err := in.ReadString('\n')
		if err != nil {
			return "", err
		}
		head += line
	}
	return head, nil
}

// says answers with a text and closes.
func says(text string) func(net.Conn) {
	return func(conn net.Conn) { io.WriteString(conn, text) }
}

// hangs answers with a text and then waits for the other side to close.
func hangs(text string) func(net.Conn) {
	return func(conn net.Conn) {
		io.WriteString(conn, text)
		io.Copy(io.Discard, conn)
	}
}

// endless answers with text, and then with again over and over.
func endless(text, again string) func(net.Conn) {
	return func(conn net.Conn) {
		for _, err := io.WriteString(conn, text); err == nil; _, err = io.WriteString(conn, again) {
		}
	}
}

// icecast is the head of a stream.
const icecast = "HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\nicy-name:Elsewhere\r\nicy-br:128\r\n\r\n"

// audio returns the numbered frames from first to last.
func audio(first, last uint64) string { return string(feedtest.Frames(first, last)) }
