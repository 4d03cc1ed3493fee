package listeners

import (
	"net"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relay/auth"
	"relay/conf"
)

// unlucky is a connection whose Write panics.
type unlucky struct {
	net.Conn
	closed bool
}

func (*unlucky) SetWriteDeadline(time.Time) error { return nil }
func (*unlucky) Write([]byte) (int, error)        { panic("a case nobody thought of") }
func (u *unlucky) Close() error                   { u.closed = true; return nil }

func TestABugEndsOneListener(t *testing.T) {
	c, in := station(t, "")
	live := conf.NewLive(c)
	core, log := observer.New(zap.ErrorLevel)
	w := NewWriters(live, auth.NewGate(live, zap.NewNop()), nil, zap.New(core))
	conn := &unlucky{}
	l := &listener{mount: in.Mount}
	l.Since = time.Now()
	if err := in.Mount.Audience.Join(&l.Listener); err != nil {
		t.Fatal(err)
	}
	in.Write(numbered(1))
	l.join(conf.Burst{Size: 1000})
	w.seat(l, conn)
	w.waiting.Wait()
	if !conn.closed || in.Mount.Audience.Count() != 0 || log.Len() != 1 {
		t.Errorf("closed: %v, listeners: %d, the log says %v", conn.closed, in.Mount.Audience.Count(), log.All())
	}
}
