package server

import (
	"net"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

// unlucky is a connection whose Read panics.
type unlucky struct {
	net.Conn
	closed bool
}

func (*unlucky) SetDeadline(time.Time) error { return nil }
func (*unlucky) Read([]byte) (int, error)    { panic("a case nobody thought of") }
func (*unlucky) RemoteAddr() net.Addr        { return clientAddr("192.0.2.1:5") }
func (u *unlucky) Close() error              { u.closed = true; return nil }

func TestABugEndsOneConnection(t *testing.T) {
	s := newServer(t, "")
	core, log := observer.New(zap.ErrorLevel)
	s.Log = zap.New(core)
	conn := &unlucky{}
	s.handle(conn, s.arrive(conn), nil)
	if !conn.closed || s.Traffic.Open() != 0 {
		t.Errorf("closed: %v, open: %d", conn.closed, s.Traffic.Open())
	}
	lines := log.All()
	if len(lines) != 1 {
		t.Fatalf("the log says %v", lines)
	}
	facts := lines[0].ContextMap()
	stack, _ := facts["stack"].(string)
	if facts["panic"] != "a case nobody thought of" || facts["from"] != "192.0.2.1:5" || !strings.Contains(stack, "bug_test.go") {
		t.Errorf("the log says %v", facts)
	}
}

// The log line about a bug must not cause another one.
func TestABugOnAConnectionFromNowhere(t *testing.T) {
	s := newServer(t, "")
	core, log := observer.New(zap.ErrorLevel)
	s.Log = zap.New(core)
	conn := &nowhere{}
	s.handle(conn, s.arrive(&unlucky{}), nil)
	if !conn.closed || log.Len() != 1 {
		t.Errorf("closed: %v, the log says %v", conn.closed, log.All())
	}
}

type nowhere struct{ unlucky }

func (*nowhere) RemoteAddr() net.Addr { return nil }
