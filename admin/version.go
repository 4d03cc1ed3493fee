package admin

import (
	"net/http"

	"relay/version"
)

// Version answers /server_version.xsl: which server this is, and whose.
func (h *Handlers) Version(w http.ResponseWriter, _ *http.Request) {
	openToPages(w)
	writePage(w, "Server", group("icestats",
		text("location", h.Conf.Config().Server.Location),
		text("admin", h.Conf.Config().Server.AdminEmail),
		text("host", h.Conf.Config().Server.Hostname),
		text("version", version.Server()),
	))
}
