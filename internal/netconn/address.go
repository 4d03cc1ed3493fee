package netconn

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Addr parses an IP address, with or without a port. An IPv4 address written as IPv6
// becomes IPv4. Addr drops a zone, which names an interface of another machine and may be
// any text. ok is false if text is not an IP address.
func Addr(text string) (addr netip.Addr, ok bool) {
	addr, err := netip.ParseAddr(strings.Trim(host(text), "[]"))
	return addr.Unmap().WithZone(""), err == nil
}

// Client returns the address of the client that sent a request, or the zero Addr if
// RemoteAddr has none. Behind a trusted proxy RemoteAddr is the client's, see server.
func Client(r *http.Request) netip.Addr {
	addr, _ := Addr(r.RemoteAddr)
	return addr
}

// Peer returns the address at the other end of a connection, or the zero Addr if it has
// none.
func Peer(conn net.Conn) netip.Addr {
	addr, _ := Addr(conn.RemoteAddr().String())
	return addr
}

// Text returns an address as people read it; empty for the zero Addr.
func Text(addr netip.Addr) string {
	if !addr.IsValid() {
		return ""
	}
	return addr.String()
}

// host returns the host of an address with or without a port.
func host(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}
