package main

import (
	"fmt"
	"io"
	"net"
	"strconv"

	"relay/conf"
	"relay/version"
)

// printBanner shows what a DJ, a listener and an operator need, from the
// addresses that are really open. shoutcast is nil if there is none.
func printBanner(w io.Writer, c *conf.Config, open net.Addr, shoutcast net.Listener, made passwords) {
	base := "http://" + reachable(open)
	if len(c.Server.Listen) == 0 { // it takes TLS alone
		base = "https://" + reachable(open)
	}
	if c.Server.PublicURL != "" {
		base = c.Server.PublicURL
	}
	fmt.Fprintf(w, "relay %s is on the air\n\n", version.Number)
	fmt.Fprintf(w, "  page     %s/\n", base)
	fmt.Fprintf(w, "  listen   %s%s\n", base, defaultMount)
	source := c.Mount(defaultMount).SourceLogins()[0]
	fmt.Fprintf(w, "  source   %s%s   user %s   password %s\n", base, defaultMount,
		source.User, shown(source.Password, made.source != "" && source.Password == made.source))
	if shoutcast != nil {
		host, port := portToEnter(shoutcast.Addr())
		fmt.Fprintf(w, "  source   SHOUTcast v1 to %s, port %d (programs dial the next by themselves), on %s, the same password\n",
			host, port, c.Server.ShoutcastMount)
	}
	fmt.Fprintf(w, "  admin    %s/admin/   user %s   password %s\n\n", base,
		c.Auth.AdminUser, shown(c.Auth.AdminPassword, made.admin != ""))
}

// portToEnter returns what to type into a SHOUTcast program, which dials the
// port behind it.
func portToEnter(open net.Addr) (host string, port int) {
	host, next, _ := net.SplitHostPort(reachable(open))
	port, _ = strconv.Atoi(next)
	return host, port - 1
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
