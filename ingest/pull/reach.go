package pull

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
)

var errInward = errors.New("it redirects to an address inside this server's network, which it must not")

// reach is how near an address is to this server.
type reach int

const (
	world   reach = iota
	network       // private, shared or reserved: not on the internet
	link          // on the same link, where clouds have their metadata service
	machine       // this machine
)

// near are the address ranges outside the internet that netip does not know.
var near = map[netip.Prefix]reach{
	netip.MustParsePrefix("0.0.0.0/8"):      machine, // "this host", RFC 1122
	netip.MustParsePrefix("100.64.0.0/10"):  network, // carriers', RFC 6598
	netip.MustParsePrefix("192.0.0.0/24"):   network, // RFC 6890
	netip.MustParsePrefix("198.18.0.0/15"):  network, // benchmarks', RFC 2544
	netip.MustParsePrefix("240.0.0.0/4"):    network, // reserved, and broadcast
	netip.MustParsePrefix("fec0::/10"):      network, // site-local, RFC 3879
	netip.MustParsePrefix("64:ff9b:1::/48"): network, // NAT64 of one network, RFC 8215
}

// around are the IPv6 prefixes that embed an IPv4 address, with the number of the
// byte at which it begins.
var around = map[netip.Prefix]int{
	netip.MustParsePrefix("64:ff9b::/96"): 12, // NAT64, RFC 6052
	netip.MustParsePrefix("2002::/16"):    2,  // 6to4, RFC 3056
}

func reachOf(a netip.Addr) reach {
	a = a.Unmap().WithZone("")
	for prefix, at := range around {
		if prefix.Contains(a) {
			b := a.As16()
			return reachOf(netip.AddrFrom4([4]byte(b[at : at+4])))
		}
	}
	for prefix, r := range near {
		if prefix.Contains(a) {
			return r
		}
	}
	switch {
	case a.IsLoopback(), a.IsUnspecified(), a.IsMulticast():
		return machine
	case a.IsLinkLocalUnicast():
		return link
	case a.IsPrivate():
		return network
	}
	return world
}

// sentBy is the context key for a connection to an address that another server
// redirected to: the value is that server's netip.Addr.
type sentBy struct{}

// keepOutside refuses a connection to an address that is nearer to this server than
// the server that redirected to it. An address that the operator named is never
// refused. It runs before anything is sent, so that the other server cannot probe
// which ports are open here either.
func keepOutside(ctx context.Context, _, address string, _ syscall.RawConn) error {
	from, sent := ctx.Value(sentBy{}).(netip.Addr)
	to, err := netip.ParseAddrPort(address)
	if sent && (err != nil || reachOf(to.Addr()) > reachOf(from)) {
		return errInward
	}
	return nil
}

// ipOf returns the IP address of one end of a connection, or the zero value if it has
// none.
func ipOf(a net.Addr) netip.Addr {
	ip, _ := netip.ParseAddrPort(a.String())
	return ip.Addr()
}
