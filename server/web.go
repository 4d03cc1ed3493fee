package server

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/icy"
)

// web serves everything that is no stream by net/http. It gets connections
// whose head the door has read: that head, repaired, is what net/http reads
// first. One request per connection, as with Icecast: the next head must go
// through the door again.
type web struct {
	server *http.Server
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	addr   net.Addr
}

func newWeb(handler http.Handler, addr net.Addr, logger *zap.Logger) *web {
	w := &web{conns: make(chan net.Conn), closed: make(chan struct{}), addr: addr}
	w.server = &http.Server{
		Handler:                      withTLS(handler),
		ConnContext:                  rememberTLS,
		DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout:            10 * time.Second,
		ReadTimeout:                  time.Minute,
		WriteTimeout:                 time.Minute,
		MaxHeaderBytes:               2 * maxHead,
		ErrorLog:                     log.New(zap.NewStdLog(logger).Writer(), "http: ", 0),
	}
	w.server.SetKeepAlivesEnabled(false)
	return w
}

// serve hands a connection over. body goes on behind the head of req; left is
// called when the connection is closed.
func (w *web) serve(conn net.Conn, body io.Reader, req *http.Request, left func()) {
	replayed := &replayedConn{Conn: conn, head: icy.AppendHead(nil, req), rest: body, from: clientAddr(req.RemoteAddr), left: left}
	select {
	case w.conns <- replayed:
	case <-w.closed:
		replayed.Close()
	}
}

// Accept, Close and Addr make web the net.Listener of its own server.
func (w *web) Accept() (net.Conn, error) {
	select {
	case conn := <-w.conns:
		return conn, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

func (w *web) Close() error {
	w.once.Do(func() { close(w.closed) })
	return nil
}

func (w *web) Addr() net.Addr { return w.addr }

// replayedConn reads a repaired head, then what came behind it.
type replayedConn struct {
	net.Conn
	head []byte
	rest io.Reader
	from clientAddr
	left func()
}

// clientAddr is the address of whoever sent a request, which behind a proxy is
// not the peer of its connection.
type clientAddr string

func (a clientAddr) Network() string { return "tcp" }
func (a clientAddr) String() string  { return string(a) }

func (c *replayedConn) RemoteAddr() net.Addr { return c.from }

func (c *replayedConn) Close() error {
	c.left()
	return c.Conn.Close()
}

func (c *replayedConn) Read(b []byte) (int, error) {
	if len(c.head) > 0 {
		n := copy(b, c.head)
		c.head = c.head[n:]
		return n, nil
	}
	return c.rest.Read(b)
}

type tlsKey struct{}

// rememberTLS keeps what net/http cannot see behind a replayedConn.
func rememberTLS(ctx context.Context, conn net.Conn) context.Context {
	if replayed, ok := conn.(*replayedConn); ok {
		if secure, ok := replayed.Conn.(*tls.Conn); ok {
			return context.WithValue(ctx, tlsKey{}, secure)
		}
	}
	return ctx
}

// withTLS sets a request's TLS field, as net/http does for its own connections.
func withTLS(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if secure, ok := r.Context().Value(tlsKey{}).(*tls.Conn); ok {
			state := secure.ConnectionState()
			r.TLS = &state
		}
		next.ServeHTTP(w, r)
	})
}
