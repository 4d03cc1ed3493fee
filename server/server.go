package server

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/history"
	"relay/icy"
	"relay/ingest"
	"relay/ingest/feed"
	"relay/internal/accesslog"
	"relay/internal/certificates"
	"relay/internal/clock"
	"relay/internal/contain"
	"relay/internal/memory"
	"relay/internal/netconn"
	"relay/internal/turns"
	"relay/listeners"
	"relay/listeners/hls"
	"relay/mounts"
	"relay/recordings"
	"relay/rewind"
	"relay/web/api"
	"relay/web/icecast"
	"relay/web/pages"
)

// goodbye is how long requests that are being answered may take at the shutdown.
const goodbye = 3 * time.Second

// Parts are the parts from which a server is made.
type Parts struct {
	Conf      *conf.Live
	Log       *zap.Logger
	Registry  *mounts.Registry
	Gate      *auth.Gate
	Capacity  *Capacity
	Traffic   *Traffic
	Sources   *ingest.Sources
	Fallbacks *feed.Fallbacks
	Writers   *listeners.Writers
	HLS       *hls.Hub
	Recorder  *recordings.Recorder
	Rewind    *rewind.Keeper
	AccessLog *accesslog.Logs // nil: no access log
	History   *history.Store  // nil: no history
	Clock     *clock.Clock
	Memory    *memory.Watch

	Certificates *certificates.Store // nil: no certificates

	Icecast *icecast.Handlers
	API     *api.Handlers
	Pages   *pages.Handlers
	Metrics http.Handler
}

// Server is the whole radio server behind its sockets.
type Server struct {
	Parts

	proxies *proxies
	secure  *tls.Config // nil: there is no certificate

	pending    *connLimiter
	answered   *connLimiter
	kept       *connLimiter
	handshakes *turns.Turns

	stopping atomic.Bool

	mu    sync.Mutex
	conns map[net.Conn]struct{} // not yet handed to listeners or net/http; nil: shutting down; guarded by mu
}

// New returns a server with these parts. Run runs it, and each part that has a Run.
func New(p Parts) *Server {
	heads := newBudget(p.Conf, maxInHeads, maxHead)
	return &Server{
		Parts:   p,
		proxies: newProxies(p.Conf),
		secure:  p.Certificates.TLS(),
		conns:   map[net.Conn]struct{}{},

		pending:    newPending(p.Conf, p.Log, heads),
		kept:       newKept(p.Conf, p.Log, heads),
		answered:   newAnswered(p.Conf, p.Log, newBudget(p.Conf, maxInRequests, requestCost)),
		handshakes: turns.New(turns.HalfOfProcessors()),
	}
}

// Run serves connections to the sockets in open until ctx ends. It then closes the
// sockets, disconnects sources and listeners, and returns when all have left, within
// seconds.
func (s *Server) Run(ctx context.Context, open []net.Listener) {
	s.Registry.EndWith(ctx)
	web := newWeb(s.boundBody(logAccess(s.AccessLog, s.Certificates.Challenges(s.routes()))), open[0].Addr(), s.Log)
	writing, stopWriting := context.WithCancel(context.Background())
	defer stopWriting()
	keeping, stopKeeping := context.WithCancel(context.Background())
	var keeper sync.WaitGroup
	keeper.Go(func() { s.AccessLog.Run(keeping) })
	keeper.Go(func() { s.History.Run(keeping) })
	keeper.Go(func() { s.Certificates.Run(keeping) })
	keeper.Go(func() { s.Gate.Run(keeping) })
	keeper.Go(func() { s.Clock.Run(keeping) })
	keeper.Go(func() { s.Memory.Run(keeping) })
	defer func() {
		stopKeeping()
		keeper.Wait()
	}()

	var accepting, handling, rooms sync.WaitGroup
	rooms.Go(func() { s.Fallbacks.Run(ctx) })
	rooms.Go(func() { s.applyConfiguration(ctx) })
	rooms.Go(func() { s.enforceBans(ctx, web) })
	rooms.Go(func() { s.enforceRights(ctx) })
	rooms.Go(func() { s.API.Events.Run(ctx) })
	rooms.Go(func() { s.Writers.Run(writing) })
	rooms.Go(func() { s.HLS.Run(writing) })
	rooms.Go(func() { s.Recorder.Run(writing) })
	rooms.Go(func() { s.Rewind.Run(writing) })
	rooms.Go(func() { web.server.Serve(web) })
	for _, l := range open {
		accepting.Go(func() {
			s.accept(l, func(conn net.Conn) {
				if came := s.arrive(conn); came != nil {
					handling.Go(func() { s.handle(conn, came, web) })
				}
			})
		})
	}

	<-ctx.Done()
	s.stopping.Store(true)
	for _, l := range open {
		l.Close()
	}
	accepting.Wait()
	s.Registry.Close()
	s.closeConns()
	s.pending.dismiss()
	s.kept.dismiss()
	handling.Wait()
	stopWriting()
	closing, cancel := context.WithTimeout(context.Background(), goodbye)
	defer cancel()
	if err := web.server.Shutdown(closing); err != nil {
		web.server.Close()
	}
	rooms.Wait()
}

// applyConfiguration applies each reload to the existing mounts, until ctx ends.
func (s *Server) applyConfiguration(ctx context.Context) {
	changes, stop := s.Conf.Watch()
	defer stop()
	for {
		select {
		case <-changes:
			s.Registry.Reconfigure()
		case <-ctx.Done():
			return
		}
	}
}

// handle reads the head of a new connection and hands the connection on, or serves it.
func (s *Server) handle(conn net.Conn, came *countedConn, web *web) {
	arrived, handedOn := conn, false // handedOn: to net/http
	defer func() {
		s.untrack(arrived)
		if !handedOn {
			s.Traffic.open.Add(-1)
		}
	}()
	defer contain.Bug(func(facts ...zap.Field) {
		arrived.Close()
		s.Log.Error("a bug in relay ended one connection, please report it", append(facts, zap.Stringer("from", arrived.RemoteAddr()))...)
	})
	defer func() { came.leave() }()
	c := s.Conf.Config()
	deadline := time.Now().Add(time.Duration(c.Limits.HeaderTimeout))
	conn, said, err := s.greet(conn, came, deadline)
	if err != nil {
		s.turnAway(conn, err)
		return
	}
	if said.req == nil {
		if s.deniedShoutcast(conn) {
			return
		}
		counted, err := s.answered.admit(conn, s.clientAt(conn.RemoteAddr()), requestCost)
		if err != nil {
			s.turnAwayShoutcast(conn, err)
			return
		}
		defer counted.leave()
		came.leave()
		s.Sources.ServeShoutcast(counted.untilAccepted(context.Background()), conn, said.body, said.password, c.Server.ShoutcastMount, deadline)
		return
	}
	for {
		var keep bool
		if keep, handedOn = s.answer(conn, came, said, web); !keep {
			return
		}
		if came, said, err = s.awaitNext(conn, came); err != nil {
			s.turnAway(conn, err)
			return
		}
	}
}

// answer answers a request, or hands its connection on. keep reports that the client may
// send another request on the connection, handedOn that net/http has it now. In all other
// cases the connection is closed, or has another owner.
func (s *Server) answer(conn net.Conn, came *countedConn, said greeting, web *web) (keep, handedOn bool) {
	req := said.req
	s.Traffic.requests.Add(1)
	s.proxies.identify(req, conn.RemoteAddr())
	if s.denied(conn, req) {
		return false, false
	}
	if req.Method == http.MethodGet || req.Method == http.MethodHead {
		if s.Registry.Find(req.URL.Path) == nil && s.HLS.Serves(req.URL.Path) {
			return s.serveHLS(conn, came, said), false
		}
		if m := s.mount(req); m != nil {
			came.leave()
			s.Writers.Serve(netconn.BelowProxy(conn), req, m)
			return false, false
		}
	}
	counted, err := s.admit(conn, req, said.size)
	if err != nil {
		s.turnAway(conn, err)
		return false, false
	}
	came.leave()
	if req.Method == "SOURCE" || req.Method == http.MethodPut && !strings.HasPrefix(req.URL.Path, apiPrefix) {
		defer counted.leave()
		s.Sources.Serve(conn, said.body, req.WithContext(counted.untilAccepted(req.Context())))
		return false, false
	}
	if req.Method == "STATS" {
		defer counted.leave()
		s.Icecast.Watch(conn, icy.Keep(req, "Authorization", "User-Agent").WithContext(counted.untilAccepted(req.Context())))
		return false, false
	}
	if !strings.HasPrefix(req.URL.Path, "/admin") {
		s.Traffic.files.Add(1)
	}
	asked := web.enter(conn, said.body, req, counted, func() { s.Traffic.open.Add(-1) })
	if s.keepsOut(req) { // banned since the check above: banish may have run before enter
		asked.Close()
		return false, true
	}
	web.serve(asked)
	return false, true
}

func (s *Server) track(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil { // shutting down
		conn.Close()
		return false
	}
	s.conns[conn] = struct{}{}
	s.Traffic.accepted.Add(1)
	s.Traffic.open.Add(1)
	return true
}

func (s *Server) untrack(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, conn)
}

func (s *Server) closeConns() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.conns {
		conn.Close()
	}
	s.conns = nil
}
