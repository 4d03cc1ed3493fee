package admin

import (
	"fmt"
	"html"
	"net/http"
)

// NotFound answers for everything that is neither a page nor a mount.
func NotFound(w http.ResponseWriter, _ *http.Request) {
	openToPages(w)
	errorPage(w, http.StatusNotFound, "The file you requested could not be found")
}

// UnknownCommand answers for admin commands there are not. libshout asks for
// one, /admin/!POKE, to learn whether it talks to a radio server: a 400 makes
// it go on, a 404 would end it (wire/source-libshout-tls-auto.txt).
func (h *Handlers) UnknownCommand(w http.ResponseWriter, _ *http.Request) {
	errorPage(w, http.StatusBadRequest, "Unrecognised command")
}

// errorPage answers in the form of Icecast's errors
// (wire/listener-404.txt, wire/admin-metadata-no-mode.txt).
func errorPage(w http.ResponseWriter, status int, sentence string) {
	noCache(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<html><head><title>Error %d</title></head><body><b>%d - %s</b></body></html>\r\n",
		status, status, html.EscapeString(sentence))
}
