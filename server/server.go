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

	"relay/admin"
	"relay/api"
	"relay/auth"
	"relay/certificates"
	"relay/clock"
	"relay/conf"
	"relay/history"
	"relay/icy"
	"relay/ingest"
	"relay/internal/turns"
	"relay/journal"
	"relay/listeners"
	"relay/memory"
	"relay/mounts"
	"relay/pages"
	"relay/recordings"
	"relay/settings"
)

// goodbye is how long those who are being answered at shutdown may take.
const goodbye = 3 * time.Second

// Server is the whole radio server behind its sockets.
type Server struct {
	// LostLines returns how many lines of the program's own log were lost. It must
	// not be set after Run has begun.
	LostLines func() int64

	conf     *conf.Live
	log      *zap.Logger
	registry *mounts.Registry
	sources  *ingest.Sources
	backups  *ingest.Substitutes
	writers  *listeners.Writers
	recorder *recordings.Recorder
	journal  *journal.Journal
	history  *history.Store
	gate     *auth.Gate
	admin    *admin.Handlers
	proxies  *proxies
	clock    *clock.Clock
	memory   *memory.Watch
	api      *api.Handlers
	pages    *pages.Handlers

	certs  *certificates.Store // nil: there are none
	secure *tls.Config         // of those who speak TLS where plain is spoken too

	doorstep   *crowd
	answered   *crowd
	handshakes *turns.Turns
	plan       *descriptorPlan

	stopping atomic.Bool

	mu    sync.Mutex
	conns map[net.Conn]struct{} // not yet with listeners or net/http
}

// New puts a server together; Run starts it.
func New(config *settings.Settings, registry *mounts.Registry, music admin.Music, tail *journal.Tail, certs *certificates.Store, log *zap.Logger) *Server {
	c := config.Live
	gate := auth.NewGate(c).WithLog(log)
	book := journal.New(c.Config().Log, log)
	day, spare := clock.New(log), memory.NewWatch(log)
	most := descriptors()
	tellShortage(c.Config(), most, log)
	plan := &descriptorPlan{conf: c, descriptors: most}
	registry.MemoryShort = spare.Short
	events := api.NewEvents(registry, c, tail)
	if most > 0 {
		registry.Room = func() (listeners, sources int) {
			s, _ := plan.now()
			return s.listeners, s.sources
		}
		events.Room = func() int {
			s, _ := plan.now()
			return s.followers(registry.MostListeners())
		}
	}
	past := history.New(c.Config().History, log)
	follow(registry, past, day)
	registry.OnTitle = func(mount string, listeners int, t mounts.Title) {
		book.Title(mount, listeners, t.Text)
		past.Played(history.Track{Mount: mount, Title: t.Text, Since: time.Now(), Listeners: listeners})
	}
	backups := ingest.NewSubstitutes(registry, c, log)
	s := &Server{
		LostLines: func() int64 { return 0 },

		conf:     c,
		log:      log,
		registry: registry,
		journal:  book,
		history:  past,
		gate:     gate,
		sources: &ingest.Sources{
			Registry: registry,
			Gate:     gate,
			Log:      log,
			Journal:  book,
			Refusals: ingest.NewRefusals(),
			Conf:     c,
		},
		backups:  backups,
		writers:  listeners.NewWriters(c, gate, book, past, log),
		recorder: recordings.NewRecorder(registry, c, log),
		admin: &admin.Handlers{
			Conf: c, Registry: registry, Gate: gate, Log: log, Started: time.Now(),
			SetFallbacks: backups.Set, Music: music,
		},
		proxies: newProxies(c),
		clock:   day,
		memory:  spare,
		certs:   certs,
		secure:  certs.TLS(),
		conns:   map[net.Conn]struct{}{},

		doorstep:   newDoorstep(c, log, newBudget(c, mostInHeads, maxHead)),
		answered:   newAnswered(c, log, newBudget(c, mostInRequests, requestCost)),
		handshakes: turns.New(turns.HalfOfProcessors()),
		plan:       plan,
	}
	s.recorder.Clock = day
	s.api = &api.Handlers{
		Conf: c, Registry: registry, Gate: gate, Log: log, Started: s.admin.Started,
		Sessions: auth.NewSessions(gate), Events: events, HangUp: hangUp, Stays: stays,
		SetFallbacks: backups.Set, Music: music, Recordings: s.recorder, History: past, Settings: config, Refusals: s.sources.Refusals, Tail: tail, Journal: book,
		ClockDoubt: day.Doubt,
		Connections: func() (open, accepted int64) {
			return s.admin.Traffic.Open.Load(), s.admin.Traffic.Accepted.Load()
		},
	}
	s.pages = &pages.Handlers{Conf: c, Registry: registry, Gate: gate, Sessions: s.api.Sessions, Log: log}
	return s
}

// Run serves until ctx ends, then stops accepting, ends sources and listeners
// and returns when all have gone, within seconds.
func (s *Server) Run(ctx context.Context, open []net.Listener) error {
	s.registry.EndWith(ctx)
	web := newWeb(s.boundBody(journaled(s.journal, s.certs.Challenges(s.routes()))), open[0].Addr(), s.log)
	writing, stopWriting := context.WithCancel(context.Background())
	defer stopWriting()
	keeping, stopKeeping := context.WithCancel(context.Background())
	var keeper sync.WaitGroup
	keeper.Go(func() { s.journal.Run(keeping) })
	keeper.Go(func() { s.history.Run(keeping) })
	keeper.Go(func() { s.certs.Run(keeping) })
	keeper.Go(func() { s.gate.Run(keeping) })
	keeper.Go(func() { s.clock.Run(keeping) })
	keeper.Go(func() { s.memory.Run(keeping) })
	defer func() {
		stopKeeping()
		keeper.Wait()
	}()

	var accepting, handling, rooms sync.WaitGroup
	rooms.Go(func() { s.backups.Run(ctx) })
	rooms.Go(func() { s.followConfiguration(ctx) })
	rooms.Go(func() { s.enforceBans(ctx, web) })
	rooms.Go(func() { s.enforceRights(ctx) })
	rooms.Go(func() { s.api.Events.Run(ctx) })
	rooms.Go(func() { s.writers.Run(writing) })
	rooms.Go(func() { s.recorder.Run(writing) })
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
	s.registry.Close()
	s.closeConns()
	s.doorstep.dismiss()
	handling.Wait()
	stopWriting()
	closing, cancel := context.WithTimeout(context.Background(), goodbye)
	defer cancel()
	if err := web.server.Shutdown(closing); err != nil {
		web.server.Close()
	}
	rooms.Wait()
	return nil
}

// followConfiguration lets the mounts that are there follow a reload, until ctx
// ends.
func (s *Server) followConfiguration(ctx context.Context) {
	changes, stop := s.conf.Watch()
	defer stop()
	for {
		select {
		case <-changes:
			s.registry.Reconfigure()
		case <-ctx.Done():
			return
		}
	}
}

// handle reads the request head of a connection that has arrived and hands it on.
func (s *Server) handle(conn net.Conn, came *guest, web *web) {
	arrived, handedOn := conn, false // to net/http
	defer func() {
		s.untrack(arrived)
		if !handedOn {
			s.admin.Traffic.Open.Add(-1)
		}
	}()
	defer s.contain(conn)
	defer came.leave()
	c := s.conf.Config()
	deadline := time.Now().Add(time.Duration(c.Limits.HeaderTimeout))
	conn, said, err := s.greet(conn, came, deadline)
	if err != nil {
		s.turnAway(conn, err)
		return
	}
	req, body := said.req, said.body
	if req == nil {
		if s.deniedShoutcast(conn) {
			return
		}
		visit, err := s.answered.admit(conn, s.clientAt(conn.RemoteAddr()), requestCost)
		if err != nil {
			s.turnAwayShoutcast(conn, err)
			return
		}
		defer visit.leave()
		came.leave()
		s.sources.ServeShoutcast(visit.untilAccepted(context.Background()), conn, body, said.password, c.Server.ShoutcastMount, deadline)
		return
	}
	s.admin.Traffic.Requests.Add(1)
	s.proxies.identify(req, conn.RemoteAddr())
	if s.denied(conn, req) {
		return
	}
	if req.Method == http.MethodGet || req.Method == http.MethodHead {
		if m := s.mount(req); m != nil {
			came.leave()
			s.writers.Serve(socketOf(conn), req, m)
			return
		}
	}
	visit, err := s.visit(conn, req, said.size)
	if err != nil {
		s.turnAway(conn, err)
		return
	}
	came.leave()
	if req.Method == "SOURCE" || req.Method == http.MethodPut && !strings.HasPrefix(req.URL.Path, apiPrefix) {
		defer visit.leave()
		s.sources.Serve(conn, body, req.WithContext(visit.untilAccepted(req.Context())))
		return
	}
	if req.Method == "STATS" {
		defer visit.leave()
		s.admin.Watch(conn, icy.Keep(req, "Authorization", "User-Agent").WithContext(visit.untilAccepted(req.Context())))
		return
	}
	if !strings.HasPrefix(req.URL.Path, "/admin") {
		s.admin.Traffic.Files.Add(1)
	}
	asked := web.enter(conn, body, req, visit, func() { s.admin.Traffic.Open.Add(-1) })
	handedOn = true
	if s.keepsOut(req) { // since a moment ago: banish may have looked before he was there
		asked.Close()
		return
	}
	web.serve(asked)
}

func (s *Server) track(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil { // shutting down
		conn.Close()
		return false
	}
	s.conns[conn] = struct{}{}
	s.admin.Traffic.Accepted.Add(1)
	s.admin.Traffic.Open.Add(1)
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
