package api

import (
	"net/http"
	"strings"
)

// isScript reports whether a script of a page has sent a request, and not a
// program or whoever reads what the browser shows. Over plain HTTP browsers do
// not say so themselves.
func isScript(r *http.Request) bool {
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode != "navigate"
	}
	return strings.HasPrefix(r.UserAgent(), "Mozilla/") && !strings.Contains(r.Header.Get("Accept"), "text/html")
}
