package ingest

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
)

var errInward = errors.New("it sends on to an address that is nearer to this server than itself, where it has no business")

// reach says how near an address is to this server.
type reach int

const (
	world   reach = iota
	network       // private, shared or reserved: not of the internet
	link          // of the same cable, where clouds keep their secrets
	machine       // this machine
)

// near are the addresses that are not of the internet, but for those that
// netip knows.
var near = map[netip.Prefix]reach{
	netip.MustParsePrefix("0.0.0.0/8"):      machine, // "this host", RFC 1122
	netip.MustParsePrefix("100.64.0.0/10"):  network, // carriers', RFC 6598
	netip.MustParsePrefix("192.0.0.0/24"):   network, // RFC 6890
	netip.MustParsePrefix("198.18.0.0/15"):  network, // benchmarks', RFC 2544
	netip.MustParsePrefix("240.0.0.0/4"):    network, // reserved, and broadcast
	netip.MustParsePrefix("fec0::/10"):      network, // site-local, RFC 3879
	netip.MustParsePrefix("64:ff9b:1::/48"): network, // NAT64 of one network, RFC 8215
}

// around are the IPv6 addresses that lead to the IPv4 address in them, and at
// which byte it stands.
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

// sentBy is the key of a context for a connection to where another server has
// sent on to: the value is its netip.Addr.
type sentBy struct{}

// keepOutside lets no connection be made to an address that is nearer to this
// server than the one that has sent on to it. The operator, who has not been
// sent, may name any address. It is asked before anything is sent, so that
// nobody learns which ports are open here either.
func keepOutside(ctx context.Context, _, address string, _ syscall.RawConn) error {
	from, sent := ctx.Value(sentBy{}).(netip.Addr)
	to, err := netip.ParseAddrPort(address)
	if sent && (err != nil || reachOf(to.Addr()) > reachOf(from)) {
		return errInward
	}
	return nil
}

// ipOf is the IP address of one end of a connection, the zero value if it has
// none.
func ipOf(a net.Addr) netip.Addr {
	ip, _ := netip.ParseAddrPort(a.String())
	return ip.Addr()
}
