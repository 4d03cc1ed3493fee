package pages

import (
	"embed"
	"html/template"
	"net"
	"net/http"
	"net/url"
	"strings"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/internal/logging"
	"relay/mounts"
	"relay/version"
)

// Handlers answers for the pages.
type Handlers struct {
	Conf     *conf.Live
	Registry *mounts.Registry
	Gate     *auth.Gate
	Sessions *auth.Sessions
	Log      *zap.Logger
}

//go:embed templates
var templateFiles embed.FS

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"asset":   asset,
	"version": version.Server,
}).ParseFS(templateFiles, "templates/*.html"))

// policy lets a page use what comes from this server alone. Pictures may be of
// other servers: covers are.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; media-src 'self'; " +
	"img-src 'self' https: data:; base-uri 'none'; form-action 'self'; frame-ancestors "

// render answers with a page. frames says which sites may show it in a frame,
// as the directive frame-ancestors does.
func (h *Handlers) render(w http.ResponseWriter, status int, name, frames string, data any) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", policy+frames)
	header.Set("Referrer-Policy", "same-origin")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cross-Origin-Resource-Policy", "same-origin") // frames are none of its business
	w.WriteHeader(status)
	if err := templates.ExecuteTemplate(w, name, data); err != nil {
		h.Log.Debug("page not sent", zap.Error(err), logging.Limit())
	}
}

// BySecureLine answers with a page only to those who came by TLS, if the owner
// wants it so, and tells browsers to come that way from now on (RFC 6797); others
// are sent there, unless they do not say by which name they came.
func (h *Handlers) BySecureLine(page http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := h.Conf.Config()
		base := secureBase(c, r.Host)
		switch {
		case !c.TLS.RedirectPages:
		case isSecure(r):
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		case base != "":
			http.Redirect(w, r, base+r.URL.RequestURI(), http.StatusPermanentRedirect)
			return
		}
		page(w, r)
	}
}

// isSecure tells whether a request came by TLS. The field is left in a request
// by trusted proxies only.
func isSecure(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// secureBase returns the address by TLS of a server that a browser calls host:
// the public one, or else a port for TLS alone, or the one it was asked at; empty
// when it has no name.
func secureBase(c *conf.Config, host string) string {
	if strings.HasPrefix(c.Server.PublicURL, "https://") {
		return c.Server.PublicURL
	}
	name := (&url.URL{Host: host}).Hostname()
	if name == "" {
		return ""
	}
	if len(c.TLS.Listen) > 0 {
		_, port, _ := net.SplitHostPort(c.TLS.Listen[0])
		host = net.JoinHostPort(name, port)
		if port == "443" {
			host = strings.TrimSuffix(host, ":443")
		}
	}
	return "https://" + host
}

// What may be the frames of render.
const (
	noFrame  = "'none'"
	anyFrame = "*"
)
