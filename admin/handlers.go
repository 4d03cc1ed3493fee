package admin

import (
	"errors"
	"maps"
	"net"
	"net/http"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/icy"
	"relay/internal/logging"
	"relay/mounts"
)

// Music is what plays from disk. The errors are sentences for the operator.
type Music interface {
	Skip(mount string) error
	Queue(mount, file string) error
	Coming(mount string) ([]mounts.Coming, error)
	ClearQueue(mount string) error
}

// Handlers answers for the server as a whole.
type Handlers struct {
	Conf     *conf.Live
	Registry *mounts.Registry
	Gate     *auth.Gate
	Log      *zap.Logger
	Started  time.Time
	Traffic  Traffic

	Music Music

	// SetFallbacks replaces the fallbacks of a mount until it ends.
	SetFallbacks func(mount string, list []string) error
}

// openToPages lets the pages of any site read an answer, as Icecast does by
// default. It is for what needs no login alone: any page could otherwise have its
// visitors' browsers try logins, and read how it went. It must be called before
// noCache.
func openToPages(w http.ResponseWriter) { w.Header().Set("Access-Control-Allow-Origin", "*") }

// noCache marks an answer as true for this moment only. Unless it is open to the
// pages of any site, they cannot tell either whether it was a yes or a no, as by
// having a browser load it as a script.
func noCache(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Cache-Control", "no-cache, no-store")
	if h.Get("Access-Control-Allow-Origin") == "" {
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
	}
}

// unauthorized asks for a login and tells the operator who was refused and why.
func (h *Handlers) unauthorized(w http.ResponseWriter, r *http.Request, err error) {
	refusal := h.refusal(r, err)
	noCache(w)
	if refusal.Status() == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="relay"`)
	}
	maps.Copy(w.Header(), refusal.Header())
	http.Error(w, refusal.Sentence(), refusal.Status())
}

// isOwn reports whether a request came from a program or a page of this server for
// certain. Icecast's commands are GET, and a browser that knows a login has them
// done for any page that shows their address as a picture.
func (h *Handlers) isOwn(r *http.Request) bool {
	from := auth.OriginOf(r, h.Conf.Config().BaseURL())
	return from == auth.Program || from == auth.OwnPage
}

// refuseOrigin answers what the page of another site may have sent.
func refuseOrigin(w http.ResponseWriter) {
	errorPage(w, http.StatusForbidden, "The request may come from a page of another site: use /admin/, or a program")
}

// refusal logs why a login was not good enough, and returns what is to be said
// to the client.
func (h *Handlers) refusal(r *http.Request, err error) *auth.Refusal {
	refusal := &auth.Refusal{Reason: err.Error()}
	errors.As(err, &refusal)
	level := h.Log.Warn
	if refusal.Quiet() {
		level = h.Log.Debug
	}
	level("login refused", zap.String("path", r.URL.Path), zap.String("mount", icy.CutText(r.URL.Query().Get("mount"), icy.LongestUser)),
		zap.String("ip", ipOf(r)), zap.String("agent", r.UserAgent()), zap.Error(err), logging.LimitPerClient(ipOf(r)))
	return refusal
}

// ipOf returns the IP address a request comes from.
func ipOf(r *http.Request) string {
	ip, _, _ := net.SplitHostPort(r.RemoteAddr)
	return ip
}
