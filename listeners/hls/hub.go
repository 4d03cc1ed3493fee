package hls

import (
	"context"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/internal/accesslog"
	"relay/mounts"
)

const (
	// pace is how often streams are looked at for new segments, and sweepPace how often
	// sessions are for their end: there are many.
	pace      = 250 * time.Millisecond
	sweepPace = time.Second
)

// Hub serves all mounts that have HLS. Its fields are set before Run.
type Hub struct {
	Registry  *mounts.Registry
	Conf      *conf.Live
	Gate      *auth.Gate
	AccessLog *accesslog.Logs // nil: no access log
	Log       *zap.Logger

	mu       sync.Mutex
	tapes    map[string]*tape // by mount
	sessions map[key]*session
	removed  map[key]time.Time // the sessions that were ended for good, and when
}

// NewHub returns a hub that has no segments until Run is called.
func NewHub(registry *mounts.Registry, c *conf.Live, gate *auth.Gate, accessLog *accesslog.Logs, log *zap.Logger) *Hub {
	return &Hub{
		Registry: registry, Conf: c, Gate: gate, AccessLog: accessLog, Log: log,
		tapes: map[string]*tape{}, sessions: map[key]*session{}, removed: map[key]time.Time{},
	}
}

// Run cuts segments and ends sessions until ctx is done. It then ends all sessions.
func (h *Hub) Run(ctx context.Context) {
	mountsChange, unwatchMounts := h.Registry.Watch()
	defer unwatchMounts()
	confChanges, unwatchConf := h.Conf.Watch()
	defer unwatchConf()
	tick := time.NewTicker(pace)
	defer tick.Stop()
	tidy := time.NewTicker(time.Minute)
	defer tidy.Stop()
	awake, served, swept := true, h.served(), time.Time{}
	for {
		select {
		case now := <-tick.C:
			h.advance(served)
			if now.Sub(swept) >= sweepPace {
				swept = now
				h.sweep()
			}
		case <-mountsChange:
			served = h.served()
		case <-confChanges:
			served = h.served()
		case <-tidy.C:
			served = h.served()
			h.forgetRemoved()
		case <-ctx.Done():
			h.close()
			return
		}
		busy := len(served) > 0 || h.hasSessions()
		switch {
		case awake && !busy: // an idle server sleeps
			tick.Stop()
		case busy && !awake:
			tick.Reset(pace)
		}
		awake = busy
	}
}

// hasSessions reports whether any client listens.
func (h *Hub) hasSessions() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.sessions) > 0
}

// following is what a tape follows.
type following struct {
	mount  *mounts.Mount // nil: the mount does not exist now
	window time.Duration
}

// served returns what each tape follows. It begins tapes for mounts that have HLS, and
// drops those of mounts that no longer have it, or have been gone for their window.
func (h *Hub) served() map[string]following {
	c, now := h.Conf.Config(), time.Now()
	served := map[string]following{}
	for _, m := range h.Registry.List() {
		if own := m.Config(); own.HLS {
			served[m.Name] = following{m, time.Duration(own.HLSWindow)}
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, t := range h.tapes {
		if _, exists := served[name]; exists {
			continue
		}
		own := c.Mount(name)
		if !own.HLS || t.isIdle(now) {
			delete(h.tapes, name)
			continue
		}
		served[name] = following{nil, time.Duration(own.HLSWindow)}
	}
	for name := range served {
		if h.tapes[name] == nil {
			h.tapes[name] = newTape()
		}
	}
	return served
}

// advance moves the tapes on.
func (h *Hub) advance(served map[string]following) {
	now := time.Now()
	for name, f := range served {
		h.tape(name).advance(f.mount, f.window, now)
	}
}

// tape returns that of a mount, or nil.
func (h *Hub) tape(mount string) *tape {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.tapes[mount]
}

// tapeOf returns the tape of a mount that exists, which may be younger than the last call
// of served; nil: it has no HLS.
func (h *Hub) tapeOf(m *mounts.Mount) *tape {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.tapes[m.Name]
	if t == nil && m.Config().HLS && !m.Stream.Ended() {
		t = newTape()
		h.tapes[m.Name] = t
	}
	return t
}

// close ends all sessions.
func (h *Hub) close() {
	h.mu.Lock()
	sessions := h.sessions
	h.sessions = map[key]*session{}
	h.mu.Unlock()
	for _, s := range sessions {
		s.mount.Audience.Leave(&s.Listener, mounts.LeftShutdown)
		h.tellLeft(s, http.StatusOK)
	}
}
