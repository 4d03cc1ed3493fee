package server

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"

	"github.com/pires/go-proxyproto"

	"relay/conf"
)

// mostProxies bounds of how many proxies it is remembered how they name clients.
const mostProxies = 4096

// A naming is a set of header fields by which a proxy names its client.
type naming uint8

const (
	byRealIP naming = 1 << iota
	byForwardedFor
	byForwarded
)

// namingFields are the names of the fields, the one that is believed first in
// front: few proxies pass on an X-Real-IP that they did not set.
var namingFields = []struct {
	naming
	field string
}{{byRealIP, "X-Real-Ip"}, {byForwardedFor, "X-Forwarded-For"}, {byForwarded, "Forwarded"}}

// claims are all fields in which a proxy speaks for its client. From a stranger
// they are dropped at the door, so that nothing behind it has to ask whether they
// can be believed.
var claims = []string{"X-Forwarded-For", "X-Real-Ip", "Forwarded", "X-Forwarded-Proto", "X-Forwarded-Host"}

// proxies tells whom requests come from. Safe for concurrent use.
//
// A proxy sets one or two of the fields that name a client and passes on whatever
// the client wrote into the others, so a field can be believed only where the proxy
// sets it. What the proxy sets is in all of its requests, and its clients cannot
// take it away: a field that was missing once is not the proxy's.
type proxies struct {
	conf *conf.Live

	mu   sync.Mutex
	sets map[netip.Addr]naming // what was in each request of a proxy so far
}

func newProxies(c *conf.Live) *proxies {
	return &proxies{conf: c, sets: map[netip.Addr]naming{}}
}

// identify finds out whom a request comes from: the peer of its connection or,
// when that is a trusted proxy, the client it names. It becomes the request's
// RemoteAddr. Fields that cannot be believed are dropped.
func (p *proxies) identify(req *http.Request, peer net.Addr) {
	server := &p.conf.Config().Server
	req.RemoteAddr = peer.String()
	addr, ok := addrOf(req.RemoteAddr)
	if !ok || !conf.InNetworks(server.TrustedProxies, addr) {
		for _, field := range claims {
			req.Header.Del(field)
		}
		return
	}
	believed := p.believed(addr, given(req.Header), server.ProxyHeader)
	for _, n := range namingFields {
		if believed&n.naming == 0 {
			req.Header.Del(n.field)
		}
	}
	last, hops := addr, hopsOf(req.Header, server.TrustedProxies)
	for i := len(hops) - 1; i >= 0 && conf.InNetworks(server.TrustedProxies, last); i-- {
		hops[i].describe(req.Header)
		hop, ok := addrOf(hops[i].client)
		if !ok {
			break // what stands before it came from whoever wrote this
		}
		last = hop
	}
	_, port, _ := net.SplitHostPort(req.RemoteAddr)
	req.RemoteAddr = net.JoinHostPort(last.String(), port)
}

// given returns the fields of a head that name a client.
func given(h http.Header) (fields naming) {
	for _, n := range namingFields {
		if len(h.Values(n.field)) > 0 {
			fields |= n.naming
		}
	}
	return fields
}

// believed returns which of the given fields are a proxy's own word. wanted is the
// one that the configuration names, if any.
func (p *proxies) believed(proxy netip.Addr, given naming, wanted string) naming {
	for _, n := range namingFields {
		if http.CanonicalHeaderKey(wanted) == n.field {
			return given & n.naming
		}
	}
	if given == 0 { // from a program on the proxy's machine
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	before, known := p.sets[proxy]
	own := before & given
	if own == 0 { // the first request, or the proxy was set up anew
		own = given
	}
	if !known && len(p.sets) >= mostProxies {
		clear(p.sets)
	}
	p.sets[proxy] = own
	return own
}

// A hop is what one proxy said of whom it spoke for.
type hop struct {
	client      string
	proto, host string // as the client asked for; empty: not said
}

// hopsOf returns what is believed of a head, the last hop at the end. X-Real-IP
// names one client and no chain: where it names a proxy of ours, another field that
// says more is used.
func hopsOf(h http.Header, trusted []conf.Network) []hop {
	if fields := given(h); fields&byRealIP != 0 {
		lines := h.Values("X-Real-Ip")
		real := hop{client: strings.TrimSpace(lines[len(lines)-1])}
		addr, ok := addrOf(real.client)
		if fields == byRealIP || ok && !conf.InNetworks(trusted, addr) {
			return []hop{real}
		}
	}
	if lines := h.Values("X-Forwarded-For"); len(lines) > 0 {
		var hops []hop
		for _, client := range strings.Split(strings.Join(lines, ","), ",") {
			hops = append(hops, hop{client: strings.TrimSpace(client)})
		}
		return hops
	}
	return forwardedHops(h.Values("Forwarded"))
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

// trusts says whether the PROXY protocol may come from an address.
func trusts(c *conf.Live, from net.Addr) proxyproto.Policy {
	if addr, ok := addrOf(from.String()); ok && conf.InNetworks(c.Config().Server.TrustedProxies, addr) {
		return proxyproto.USE
	}
	return proxyproto.SKIP
}

// socketOf returns the connection below what the PROXY protocol was read from.
func socketOf(conn net.Conn) net.Conn {
	if wrapped, ok := conn.(*proxyproto.Conn); ok {
		return wrapped.Raw()
	}
	return conn
}
