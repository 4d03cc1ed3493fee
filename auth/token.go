package auth

import (
	"net/http"
	"strings"
)

// Token checks the token that a program sends as "Authorization: Bearer TOKEN"
// (RFC 6750 §2.1) in place of the administrator's login. The error is a
// *Refusal.
func (g *Gate) Token(req *http.Request) error {
	scheme, given, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return errNoLogin
	}
	given = strings.TrimSpace(given)
	ip := hostOf(req.RemoteAddr)
	return g.guarded(req.Context(), ip, "Bearer "+given, func() *Refusal {
		for _, token := range g.conf.Config().Auth.APITokens {
			switch right, looked := g.matches(ip, token, given); {
			case right:
				return nil
			case !looked:
				return busy("a token")
			}
		}
		return &Refusal{wrong: true, Reason: "the token is none of those in auth.api_tokens"}
	}).orNil()
}
