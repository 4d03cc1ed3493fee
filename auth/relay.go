package auth

import (
	"net/http"

	"relay/conf"
)

// Relay checks the login of a server that pulls this one's mounts. The error
// is a *Refusal.
func (g *Gate) Relay(req *http.Request) error {
	a := g.conf.Config().Auth
	return g.guardedRequest(req.Context(), req, func() *Refusal {
		return g.check(req, []conf.SourceLogin{{User: a.RelayUser, Password: a.RelayPassword}})
	})
}
