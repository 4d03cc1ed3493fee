package server

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/icy"
	"relay/internal/logging"
	"relay/listeners"
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

	mu   sync.Mutex
	open map[*replayedConn]struct{} // entered, and not closed yet
}

func newWeb(handler http.Handler, addr net.Addr, logger *zap.Logger) *web {
	w := &web{conns: make(chan net.Conn), closed: make(chan struct{}), addr: addr, open: map[*replayedConn]struct{}{}}
	w.server = &http.Server{
		Handler:                      withTLS(handler),
		ConnContext:                  rememberConn,
		DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout:            10 * time.Second,
		ReadTimeout:                  time.Minute,
		WriteTimeout:                 time.Minute,
		MaxHeaderBytes:               2 * maxHead,
		ErrorLog:                     logging.NewStd(logger, "a request could not be answered"),
	}
	w.server.SetKeepAlivesEnabled(false)
	return w
}

// enter takes a connection over, for serve. body goes on behind the head of req;
// the connection leaves visit, and closed is called once, when it is closed.
func (w *web) enter(conn net.Conn, body io.Reader, req *http.Request, visit *guest, closed func()) *replayedConn {
	replayed := &replayedConn{Conn: conn, web: w, req: icy.Keep(req), head: icy.AppendHead(nil, req), rest: body, visit: visit, closed: sync.OnceFunc(closed)}
	if !hasBody(req) {
		replayed.rest = conn // who sends the next request already is not answered it
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open[replayed] = struct{}{}
	return replayed
}

// hasBody reports whether a body follows the head of a request.
func hasBody(req *http.Request) bool {
	return len(req.Header.Values("Content-Length")) > 0 || len(req.Header.Values("Transfer-Encoding")) > 0
}

// serve has a connection answered.
func (w *web) serve(conn *replayedConn) {
	select {
	case w.conns <- conn:
	case <-w.closed:
		conn.Close()
	}
}

// dismiss closes the connections of some requests without a word, whatever is
// being answered to them, and returns how many they were.
func (w *web) dismiss(whose func(*http.Request) bool) (dismissed int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for conn := range w.open {
		if whose(conn.req) {
			listeners.Below(conn.Conn).Close()
			dismissed++
		}
	}
	return dismissed
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
	web   *web
	req   *http.Request // as the door understood it, without most of its head
	head  []byte        // not read yet
	rest  io.Reader
	visit *guest

	closed func()
	asked  *http.Request // as net/http understood it
}

// clientAddr is the address of whoever sent a request, which behind a proxy is
// not the peer of its connection.
type clientAddr string

func (a clientAddr) Network() string { return "tcp" }
func (a clientAddr) String() string  { return string(a) }

func (c *replayedConn) RemoteAddr() net.Addr { return clientAddr(c.req.RemoteAddr) }

func (c *replayedConn) Close() error {
	c.web.mu.Lock()
	delete(c.web.open, c)
	c.web.mu.Unlock()
	c.visit.leave()
	c.closed()
	return c.Conn.Close()
}

func (c *replayedConn) Read(b []byte) (int, error) {
	if len(c.head) > 0 {
		n := copy(b, c.head)
		if c.head = c.head[n:]; len(c.head) == 0 {
			c.head = nil // give the memory back
		}
		return n, nil
	}
	return c.rest.Read(b)
}

type connKey struct{}

// rememberConn keeps what net/http cannot see: what is behind a replayedConn.
func rememberConn(ctx context.Context, conn net.Conn) context.Context {
	if replayed, ok := conn.(*replayedConn); ok {
		return auth.WithAccepted(context.WithValue(ctx, connKey{}, replayed), replayed.visit.accepted)
	}
	return ctx
}

// connOf returns the connection of a request, or nil.
func connOf(r *http.Request) *replayedConn {
	conn, _ := r.Context().Value(connKey{}).(*replayedConn)
	return conn
}

// hangUp closes the connection of a request without a word. Whoever reads or
// writes there finds it closed.
func hangUp(r *http.Request) {
	if conn := connOf(r); conn != nil {
		listeners.Below(conn.Conn).Close()
	}
}

// stays says that the handler of a request bounds how many are answered at once, and
// for how long. Of the head only the named fields stay in memory, for r too.
func stays(r *http.Request, fields ...string) {
	conn := connOf(r)
	if conn == nil {
		return
	}
	conn.visit.leave()
	kept := icy.Keep(r, fields...)
	for _, request := range []*http.Request{r, conn.asked} {
		request.Header, request.URL, request.RequestURI = kept.Header, kept.URL, kept.URL.Path
	}
}

// withTLS sets a request's TLS field, as net/http does for its own connections, and
// lets stays find the request.
func withTLS(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if conn := connOf(r); conn != nil {
			conn.asked = r
			if secure, ok := conn.Conn.(*tls.Conn); ok {
				state := secure.ConnectionState()
				r.TLS = &state
			}
		}
		next.ServeHTTP(w, r)
	})
}
