package main

import (
	"fmt"
	"io"
	"net"
	"strconv"

	"relay/conf"
	"relay/internal/version"
)

// printBanner prints the facts for a DJ, a listener and an operator, with the addresses
// that are actually open. shoutcast is nil if there is none. silent is why the music on
// the command line cannot be played; empty: it can, or there is none.
func printBanner(w io.Writer, c *conf.Config, open net.Addr, shoutcast net.Listener, made passwords, silent string) {
	base := "http://" + reachable(open)
	if len(c.Server.Listen) == 0 { // only TLS addresses are configured
		base = "https://" + reachable(open)
	}
	if c.Server.PublicURL != "" {
		base = c.Server.PublicURL
	}
	if silent != "" {
		fmt.Fprintf(w, "relay %s runs, but has none of your music to play:\n\n  %s\n\nUntil there is some, or a DJ connects, the music that ships with relay plays.\n\n", version.Number, silent)
	} else {
		fmt.Fprintf(w, "relay %s is on the air\n\n", version.Number)
	}
	fmt.Fprintf(w, "  page     %s/\n", base)
	fmt.Fprintf(w, "  listen   %s%s\n", base, defaultMount)
	source := c.Mount(defaultMount).SourceLogins()[0]
	fmt.Fprintf(w, "  source   %s%s   user %s   password %s\n", base, defaultMount,
		source.User, shown(source.Password, made.source != "" && source.Password == made.source, made.folder))
	if shoutcast != nil {
		host, port := portToEnter(shoutcast.Addr())
		fmt.Fprintf(w, "  source   SHOUTcast v1 to %s, port %d (programs dial the next by themselves), on %s, the same password\n",
			host, port, c.Server.ShoutcastMount)
	}
	fmt.Fprintf(w, "  admin    %s/admin/   user %s   password %s\n\n", base,
		c.Auth.AdminUser, shown(c.Auth.AdminPassword, made.admin != "", made.folder))
}

// portToEnter returns the port to enter into a SHOUTcast program, which connects to the
// next port.
func portToEnter(open net.Addr) (host string, port int) {
	host, next, _ := net.SplitHostPort(reachable(open))
	port, _ = strconv.Atoi(next)
	return host, port - 1
}

// shown returns a generated password, with the folder in which it is kept, if any. For
// a configured password it only says that there is one.
func shown(password conf.Secret, made bool, folder string) string {
	if made {
		if folder != "" {
			return password.Reveal() + "   (kept in " + folder + ")"
		}
		return password.Reveal() + "   (made for this run)"
	}
	return "as configured"
}

// reachable converts a bound address to one that works on this machine.
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
