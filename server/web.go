package server

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/icy"
	"relay/internal/logging"
	"relay/internal/netconn"
)

// web answers all requests that are not for a stream, by net/http. Server.handle has
// already read the head of each connection; net/http first reads that head again, in a
// repaired form. Each connection carries one request, as with Icecast: Server.handle
// would have to read the next head too.
type web struct {
	server *http.Server
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	addr   net.Addr

	mu   sync.Mutex
	open map[*replayedConn]struct{} // from enter to Close; guarded by mu
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

// enter takes ownership of conn; the caller then calls serve or Close. body follows the
// head of req. When the connection closes, it leaves counted and calls closed once.
func (w *web) enter(conn net.Conn, body io.Reader, req *http.Request, counted *countedConn, closed func()) *replayedConn {
	replayed := &replayedConn{Conn: conn, web: w, req: icy.Keep(req), head: icy.AppendHead(nil, req), rest: body, counted: counted, closed: sync.OnceFunc(closed)}
	if !hasBody(req) {
		replayed.rest = conn // a pipelined request is not answered
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open[replayed] = struct{}{}
	return replayed
}

// hasBody reports whether a request has a body, according to its head.
func hasBody(req *http.Request) bool {
	return len(req.Header.Values("Content-Length")) > 0 || len(req.Header.Values("Transfer-Encoding")) > 0
}

// serve passes a connection to net/http, or closes it if web is closed.
func (w *web) serve(conn *replayedConn) {
	select {
	case w.conns <- conn:
	case <-w.closed:
		conn.Close()
	}
}

// dismiss closes the connections of the requests for which whose returns true, even
// during an answer. It returns how many it closed. whose is called with w.mu held.
func (w *web) dismiss(whose func(*http.Request) bool) (dismissed int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for conn := range w.open {
		if whose(conn.req) {
			netconn.Below(conn.Conn).Close()
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

// replayedConn is a connection that reads the repaired head first, then rest.
type replayedConn struct {
	net.Conn
	web     *web
	req     *http.Request // as parsed by this package, without most of its head
	head    []byte        // not read yet
	rest    io.Reader
	counted *countedConn

	closed func()
	asked  *http.Request // as parsed by net/http

	sent  atomic.Int64     // bytes, including the head of the answer
	ended func(sent int64) // see whenClosed; guarded by web.mu
}

// clientAddr is the address of the client of a request. Behind a proxy, it differs from
// the peer of the connection.
type clientAddr string

func (a clientAddr) Network() string { return "tcp" }
func (a clientAddr) String() string  { return string(a) }

func (c *replayedConn) RemoteAddr() net.Addr { return clientAddr(c.req.RemoteAddr) }

func (c *replayedConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.sent.Add(int64(n))
	return n, err
}

// whenClosed sets a function that is called once, when the connection closes, with the
// number of bytes sent.
func (c *replayedConn) whenClosed(ended func(sent int64)) {
	c.web.mu.Lock()
	defer c.web.mu.Unlock()
	c.ended = ended
}

func (c *replayedConn) Close() error {
	c.web.mu.Lock()
	delete(c.web.open, c)
	ended := c.ended
	c.ended = nil
	c.web.mu.Unlock()
	if ended != nil {
		ended(c.sent.Load())
	}
	c.counted.leave()
	c.closed()
	return c.Conn.Close()
}

func (c *replayedConn) Read(b []byte) (int, error) {
	if len(c.head) > 0 {
		n := copy(b, c.head)
		if c.head = c.head[n:]; len(c.head) == 0 {
			c.head = nil // free the memory
		}
		return n, nil
	}
	return c.rest.Read(b)
}

type connKey struct{}

// rememberConn adds the replayedConn to the context of its requests, where connOf finds
// it, and the function to call after an accepted login.
func rememberConn(ctx context.Context, conn net.Conn) context.Context {
	if replayed, ok := conn.(*replayedConn); ok {
		return auth.WithAccepted(context.WithValue(ctx, connKey{}, replayed), replayed.counted.accepted)
	}
	return ctx
}

// connOf returns the connection of a request, or nil.
func connOf(r *http.Request) *replayedConn {
	conn, _ := r.Context().Value(connKey{}).(*replayedConn)
	return conn
}

// withTLS sets a request's TLS field, as net/http does for its own connections, and
// stores the request for KeepOpen.
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
