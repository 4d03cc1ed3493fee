package auth

import "net/http"

// Relay checks the login of a server that pulls this one's mounts. The error
// is a *Refusal.
func (g *Gate) Relay(req *http.Request) error {
	return check(req, g.conf.Config().Auth.RelayUser, g.conf.Config().Auth.RelayPassword)
}
