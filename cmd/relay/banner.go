package main

import (
	"fmt"
	"io"
	"net"

	"relay/conf"
	"relay/version"
)

// printBanner shows what a DJ, a listener and an operator need, from the
// address that is really open.
func printBanner(w io.Writer, c *conf.Config, open net.Addr, made passwords) {
	base := "http://" + reachable(open)
	if c.Server.PublicURL != "" {
		base = c.Server.PublicURL
	}
	fmt.Fprintf(w, "relay %s is on the air\n\n", version.Number)
	fmt.Fprintf(w, "  page     %s/\n", base)
	fmt.Fprintf(w, "  listen   %s%s\n", base, defaultMount)
	fmt.Fprintf(w, "  source   %s%s   user %s   password %s\n", base, defaultMount,
		c.Auth.SourceUser, shown(c.Auth.SourcePassword, made.madeSource))
	fmt.Fprintf(w, "  admin    %s/admin/   user %s   password %s\n\n", base,
		c.Auth.AdminUser, shown(c.Auth.AdminPassword, made.madeAdmin))
}

// shown returns a password that was made for this run, and of one that the
// owner chose only that it is his.
func shown(password conf.Secret, made bool) string {
	if made {
		return password.Reveal() + "   (made for this run)"
	}
	return "as configured"
}

// reachable turns a bound address into one that works on this machine.
func reachable(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
