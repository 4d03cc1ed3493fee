package icecast

import (
	"errors"
	"maps"
	"net/http"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/icy"
	"relay/internal/logging"
	"relay/internal/netconn"
	"relay/mounts"
)

// Music controls AutoDJ and its queue on each mount. The errors are sentences for the
// operator.
type Music interface {
	Skip(mount string) error
	Queue(mount, file string) error
	Coming(mount string) ([]mounts.Coming, error)
	ClearQueue(mount string) error
}

// Handlers has the handlers of this package. The exported fields must be set before the
// first request. Safe for concurrent use.
type Handlers struct {
	Conf     *conf.Live
	Registry *mounts.Registry
	Gate     *auth.Gate
	Log      *zap.Logger
	Started  time.Time
	Traffic  Traffic

	Music Music

	// Fallbacks replaces the fallbacks of a mount until the mount ends.
	Fallbacks interface {
		Set(mount string, list []string) error
	}

	watched  atomic.Int64 // STATS requests that were let in, since the start
	watching atomic.Int64 // of these, how many are still open
}

// openToPages lets the pages of any site read an answer, as Icecast does by default. It
// must be called before noCache, and only for answers that need no login: otherwise any
// page could have its visitors' browsers try logins and read the results.
func openToPages(w http.ResponseWriter) { w.Header().Set("Access-Control-Allow-Origin", "*") }

// noCache keeps an answer out of caches. Unless the answer is open to the pages of any
// site, it also keeps them from loading it as a script, which would show them whether the
// login was right.
func noCache(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache, no-store")
	if h.Get("Access-Control-Allow-Origin") == "" {
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
	}
}

// unauthorized answers a request whose login was refused with err, and logs it.
func (h *Handlers) unauthorized(w http.ResponseWriter, r *http.Request, err error) {
	refusal := h.refusal(r, err)
	noCache(w)
	if refusal.Status() == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="relay"`)
	}
	maps.Copy(w.Header(), refusal.Header())
	http.Error(w, refusal.Sentence(), refusal.Status())
}

// isOwn reports whether a request certainly came from a program or from a page of this
// server. Icecast's commands are GET requests, so any page can make a browser that knows
// a login send them, such as by showing their address as a picture.
func (h *Handlers) isOwn(r *http.Request) bool {
	from := auth.OriginOf(r, h.Conf.Config().BaseURL())
	return from == auth.Program || from == auth.OwnPage
}

// refuseOrigin answers a request that the page of another site may have caused.
func refuseOrigin(w http.ResponseWriter) {
	errorPage(w, http.StatusForbidden, "The request may come from a page of another site: use /admin/, or a program")
}

// refusal logs why a login was refused, and returns the refusal to answer with.
func (h *Handlers) refusal(r *http.Request, err error) *auth.Refusal {
	refusal := &auth.Refusal{Reason: err.Error()}
	errors.As(err, &refusal)
	level := h.Log.Warn
	if refusal.Quiet() {
		level = h.Log.Debug
	}
	level("login refused", zap.String("path", r.URL.Path), zap.String("mount", icy.CutText(r.URL.Query().Get("mount"), icy.MaxUser)),
		zap.Stringer("ip", netconn.Client(r)), zap.String("agent", r.UserAgent()), zap.Error(err), logging.LimitPerClient(netconn.Client(r)))
	return refusal
}
