package api

import (
	"net/http"
	"strings"
)

// isScript reports whether a request comes from a script of a page, not from another
// program or from a person who looks at the answer in a browser. Over plain HTTP,
// browsers do not say this in a header.
func isScript(r *http.Request) bool {
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode != "navigate"
	}
	return strings.HasPrefix(r.UserAgent(), "Mozilla/") && !strings.Contains(r.Header.Get("Accept"), "text/html")
}
