package harness

import (
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"

	"relay/icy"
)

// Encode connects a source to a mount by PUT, with the source's login and additional
// header lines. It fails the test unless the source is accepted. The connection is closed
// when the test ends.
func (c Coding) Encode(t testing.TB, r *Relay, mount string, header ...string) *Encoder {
	t.Helper()
	return c.EncodeBy(t, r, "source", r.SourcePassword, mount, header...)
}

// EncodeBy is Encode with another login.
func (c Coding) EncodeBy(t testing.TB, r *Relay, user, password, mount string, header ...string) *Encoder {
	t.Helper()
	e := r.Connect(t, "PUT "+mount+" HTTP/1.1\r\nHost: radio\r\nAuthorization: "+Basic(user, password)+
		"\r\nContent-Type: "+c.Label+"\r\n"+strings.Join(append(header, ""), "\r\n")+"\r\n")
	if e.Answer != icy.SourceAccepted {
		t.Fatalf("source of %s got %q", mount, e.Answer)
	}
	return e
}

// pushed is how much audio is sent at once.
const pushed = 50 * time.Millisecond

// Push sends a stream that plays for length, in real time and in pieces that are no frames
// or pages, until its end, a failed write or the moment stop is closed.
func Push(e *Encoder, stream []byte, length time.Duration, stop <-chan struct{}) error {
	start, piece := time.Now(), max(1, int(int64(len(stream))*int64(pushed)/int64(length)))
	for at := 0; at < len(stream); {
		b := stream[at:min(at+piece, len(stream))]
		at += len(b)
		e.SetDeadline(time.Now().Add(Patience))
		if _, err := e.Write(b); err != nil {
			return err
		}
		select {
		case <-stop:
			return nil
		case <-time.After(time.Until(start.Add(time.Duration(int64(length) * int64(at) / int64(len(stream)))))):
		}
	}
	return nil
}

// A Sender is a source that pushes streams.
type Sender struct {
	*Encoder
	stop, stopped chan struct{}
}

// Send pushes streams that play for length each, one after the other and again and again,
// until Cut or the end of the test.
func Send(t testing.TB, e *Encoder, length time.Duration, streams ...[]byte) *Sender {
	t.Helper()
	s := &Sender{e, make(chan struct{}), make(chan struct{})}
	go func() {
		defer close(s.stopped)
		for n := 0; ; n++ {
			err := Push(e, streams[n%len(streams)], length, s.stop)
			select {
			case <-s.stop:
				return
			default:
			}
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(s.Cut)
	return s
}

// Cut ends the source wherever it is in its stream, by a reset in one of two cases. It may
// be called more than once.
func (s *Sender) Cut() {
	if conn, ok := s.Conn.(*net.TCPConn); ok && rand.IntN(2) == 0 {
		conn.SetLinger(0)
	}
	s.Close()
	select {
	case <-s.stop:
	default:
		close(s.stop)
	}
	<-s.stopped
}
