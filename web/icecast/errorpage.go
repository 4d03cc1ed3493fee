package icecast

import (
	"fmt"
	"html"
	"net/http"
)

// NotFound answers requests for a path that is neither a page nor a mount.
func NotFound(w http.ResponseWriter, _ *http.Request) {
	openToPages(w)
	errorPage(w, http.StatusNotFound, "The file you requested could not be found")
}

// UnknownCommand answers commands that do not exist. libshout sends one, /admin/!POKE,
// to find out whether it is connected to a radio server: it goes on after a 400, and
// would give up after a 404 (e2e/recorded/source-libshout-tls-auto.txt).
func (h *Handlers) UnknownCommand(w http.ResponseWriter, _ *http.Request) {
	errorPage(w, http.StatusBadRequest, "Unrecognised command")
}

// errorPage answers with an error in Icecast's form
// (e2e/recorded/listener-404.txt, e2e/recorded/admin-metadata-no-mode.txt).
func errorPage(w http.ResponseWriter, status int, sentence string) {
	noCache(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<html><head><title>Error %d</title></head><body><b>%d - %s</b></body></html>\r\n",
		status, status, html.EscapeString(sentence))
}
