package pages

import (
	"embed"
	"html/template"
	"net/http"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
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
	w.WriteHeader(status)
	if err := templates.ExecuteTemplate(w, name, data); err != nil {
		h.Log.Debug("page not sent", zap.Error(err))
	}
}

// What may be the frames of render.
const (
	noFrame  = "'none'"
	anyFrame = "*"
)
