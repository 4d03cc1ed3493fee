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
	"relay/internal/version"
	"relay/mounts"
)

// Handlers answers requests for pages.
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

// policy restricts a page to content from this server. Pictures may come from other
// servers, as covers do.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; media-src 'self'; " +
	"img-src 'self' https: data:; base-uri 'none'; form-action 'self'; frame-ancestors "

// render answers with a page. frames says which sites may show it in a frame, in the
// syntax of the directive frame-ancestors.
func (h *Handlers) render(w http.ResponseWriter, status int, name, frames string, data any) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", policy+frames)
	header.Set("Referrer-Policy", "same-origin")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cross-Origin-Resource-Policy", "same-origin") // does not concern frames
	w.WriteHeader(status)
	if err := templates.ExecuteTemplate(w, name, data); err != nil {
		h.Log.Debug("page not sent", zap.Error(err), logging.Limit())
	}
}

// RedirectToHTTPS redirects plain HTTP requests for a page to HTTPS, if
// tls.redirect_pages is set, and tells browsers to use HTTPS from now on (RFC 6797).
// A request without a host name is answered as it is.
func (h *Handlers) RedirectToHTTPS(page http.HandlerFunc) http.HandlerFunc {
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

// isSecure reports whether the browser uses TLS. The server removes the header field
// unless a trusted proxy sent it.
func isSecure(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// secureBase returns the HTTPS address of this server for a browser that knows it as
// host: the public address, or else the TLS port, or else host itself; empty if host
// is not given.
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

// Values for the frames parameter of render.
const (
	noFrame  = "'none'"
	anyFrame = "*"
)
