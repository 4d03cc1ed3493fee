package server

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/pires/go-proxyproto"

	"relay/conf"
)

// proxies are those whose word is taken for whom they speak for.
type proxies []conf.Network

// claims are the header fields by which a proxy names its client. From a
// stranger they are dropped at the door, so that nothing behind it has to ask
// whether they can be believed.
var claims = []string{"X-Forwarded-For", "X-Real-Ip", "X-Forwarded-Proto", "X-Forwarded-Host"}

// policy says whether the PROXY protocol may come from an address.
func (p proxies) policy(from net.Addr) proxyproto.Policy {
	if addr, ok := addrOf(from.String()); ok && conf.InNetworks(p, addr) {
		return proxyproto.USE
	}
	return proxyproto.SKIP
}

// identify finds out whom a request comes from: the peer of its connection or,
// when that is a trusted proxy, the last one in X-Forwarded-For who is none,
// or X-Real-IP. It becomes the request's RemoteAddr.
func (p proxies) identify(req *http.Request, peer net.Addr) {
	req.RemoteAddr = peer.String()
	addr, ok := addrOf(req.RemoteAddr)
	if !ok || !conf.InNetworks(p, addr) {
		for _, field := range claims {
			req.Header.Del(field)
		}
		return
	}
	_, port, _ := net.SplitHostPort(req.RemoteAddr)
	hops := strings.Split(strings.Join(req.Header.Values("X-Forwarded-For"), ","), ",")
	if real := req.Header.Get("X-Real-Ip"); real != "" && len(req.Header.Values("X-Forwarded-For")) == 0 {
		hops = []string{real}
	}
	for i := len(hops) - 1; i >= 0 && conf.InNetworks(p, addr); i-- {
		hop, ok := addrOf(strings.TrimSpace(hops[i]))
		if !ok {
			break // what stands before it came from whoever wrote this
		}
		addr = hop
	}
	req.RemoteAddr = net.JoinHostPort(addr.String(), port)
}

// addrOf reads an IP address, with or without a port. A zone, which names an
// interface of another machine and may be any text, is left out.
func addrOf(text string) (netip.Addr, bool) {
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return addr.Unmap().WithZone(""), err == nil
}

// socketOf returns the connection below what the PROXY protocol was read from.
func socketOf(conn net.Conn) net.Conn {
	if wrapped, ok := conn.(*proxyproto.Conn); ok {
		return wrapped.Raw()
	}
	return conn
}
