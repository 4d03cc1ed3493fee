package api

import (
	"net/http"
	"net/url"
	"strings"
)

// strangers tells requests that pages of other sites have sent with their
// user's credentials.
var strangers = http.NewCrossOriginProtection()

// isForeign reports whether a request would change something and was sent by a
// page of another site. The server is known by the Host of the request, by the
// one that a trusted proxy names, and by its public address.
func isForeign(r *http.Request, public string) bool {
	if strangers.Check(r) == nil {
		return false
	}
	origin := r.Header.Get("Origin")
	from, err := url.Parse(origin)
	if err != nil || from.Host == "" {
		return true
	}
	home, err := url.Parse(public)
	return !strings.EqualFold(from.Host, r.Header.Get("X-Forwarded-Host")) &&
		(err != nil || from.Scheme != home.Scheme || !strings.EqualFold(from.Host, home.Host))
}

// isScript reports whether a script of a page has sent a request, and not a
// program or whoever reads what the browser shows. Over plain HTTP browsers do
// not say so themselves.
func isScript(r *http.Request) bool {
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode != "navigate"
	}
	return strings.HasPrefix(r.UserAgent(), "Mozilla/") && !strings.Contains(r.Header.Get("Accept"), "text/html")
}
