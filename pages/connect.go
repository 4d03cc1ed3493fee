package pages

import (
	"cmp"
	"net/url"

	"relay/conf"
)

// connection is what a DJ enters in his program.
type connection struct {
	Host, Port string // the browser knows better and replaces them
	Mount      string
	User       string // empty: a secret of the owner's
}

// connectionTo returns how a mount is fed. Whoever is not known to be a DJ is
// not told user names that an owner has chosen.
func connectionTo(c *conf.Config, mount string, known bool) connection {
	to := connection{Mount: mount, User: c.Mount(mount).SourceLogins()[0].User}
	if !known && to.User != conf.Default().Auth.SourceUser {
		to.User = ""
	}
	if u, err := url.Parse(c.BaseURL()); err == nil {
		to.Host = u.Hostname()
		to.Port = cmp.Or(u.Port(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	}
	return to
}
