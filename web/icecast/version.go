package icecast

import (
	"net/http"

	"relay/internal/version"
)

// Version answers /server_version.xsl with the server's version, host, location and
// operator.
func (h *Handlers) Version(w http.ResponseWriter, _ *http.Request) {
	openToPages(w)
	writePage(w, "Server", group("icestats",
		text("location", h.Conf.Config().Server.Location),
		text("admin", h.Conf.Config().Server.AdminEmail),
		text("host", h.Conf.Config().Server.Hostname),
		text("version", version.Server()),
	))
}
