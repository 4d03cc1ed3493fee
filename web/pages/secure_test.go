package pages

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"relay/conf"
)

// A request that names a host is redirected to HTTPS; one that does not is answered
// as it is.
func TestRedirectToHTTPS(t *testing.T) {
	for _, tt := range []struct {
		name, host, public, location string
		ports                        []string
		status                       int
	}{
		{name: "the same port", host: "radio.example:8000", location: "https://radio.example:8000/?a=b", status: 308},
		{name: "a port of its own", host: "radio.example:8000", ports: []string{":443"}, location: "https://radio.example/?a=b", status: 308},
		{name: "no name", status: 200},
		{name: "no name, a port of its own", ports: []string{":8443"}, status: 200},
		{name: "no name but a public one", public: "https://radio.example", location: "https://radio.example/?a=b", status: 308},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := conf.Default()
			c.TLS.RedirectPages, c.TLS.Listen, c.Server.PublicURL = true, tt.ports, tt.public
			h := &Handlers{Conf: conf.NewLive(c)}
			r := httptest.NewRequest(http.MethodGet, "/?a=b", nil)
			r.Host = tt.host
			w := httptest.NewRecorder()
			h.RedirectToHTTPS(func(http.ResponseWriter, *http.Request) {})(w, r)
			if got := w.Header().Get("Location"); w.Code != tt.status || got != tt.location {
				t.Errorf("answered %d, to %q", w.Code, got)
			}
		})
	}
}
