package pages

import (
	"cmp"
	"net/url"

	"relay/conf"
)

// connection has the settings that a DJ enters in a broadcasting program.
type connection struct {
	Host, Port string // the browser replaces them by those of the page's address
	Mount      string
	User       string // empty: not shown to strangers
}

// connectionTo returns the settings with which a source connects to a mount. Only a
// known DJ is shown a user name that the owner has chosen.
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
