package server

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"

	"github.com/pires/go-proxyproto"

	"relay/conf"
	"relay/internal/netconn"
)

// maxProxies is the maximum number of proxies whose fields the server remembers.
const maxProxies = 4096

// naming is a set of header fields by which a proxy names its client.
type naming uint8

const (
	byRealIP naming = 1 << iota
	byForwardedFor
	byForwarded
)

// namingFields are the names of these fields, the most reliable one first: few proxies
// pass on an X-Real-IP that they did not set.
var namingFields = []struct {
	naming
	field string
}{{byRealIP, "X-Real-Ip"}, {byForwardedFor, "X-Forwarded-For"}, {byForwarded, "Forwarded"}}

// claims are all fields in which a proxy describes its client. identify deletes them
// from the requests of untrusted peers, so that no later code has to check them.
var claims = []string{"X-Forwarded-For", "X-Real-Ip", "Forwarded", "X-Forwarded-Proto", "X-Forwarded-Host"}

// proxies finds out which client sent a request. Safe for concurrent use.
//
// A proxy sets one or two of the naming fields and passes on the others as the client
// wrote them. So a field is reliable only if the proxy sets it. A proxy sets its fields
// in every request, and its clients cannot remove them: a field that was missing once
// is not set by the proxy.
type proxies struct {
	conf *conf.Live

	mu   sync.Mutex
	sets map[netip.Addr]naming // the fields that every request of a proxy has had so far
}

func newProxies(c *conf.Live) *proxies {
	return &proxies{conf: c, sets: map[netip.Addr]naming{}}
}

// identify sets the RemoteAddr of a request to the address of its client: the peer of
// the connection or, if that is a trusted proxy, the client that the proxy names. It
// deletes the fields that are not reliable.
func (p *proxies) identify(req *http.Request, peer net.Addr) {
	server := &p.conf.Config().Server
	req.RemoteAddr = peer.String()
	addr, ok := netconn.Addr(req.RemoteAddr)
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
		hop, ok := netconn.Addr(hops[i].client)
		if !ok {
			break // the hops before this one may be invented
		}
		last = hop
	}
	_, port, _ := net.SplitHostPort(req.RemoteAddr)
	req.RemoteAddr = net.JoinHostPort(last.String(), port)
}

// given returns which naming fields a head has.
func given(h http.Header) (fields naming) {
	for _, n := range namingFields {
		if len(h.Values(n.field)) > 0 {
			fields |= n.naming
		}
	}
	return fields
}

// believed returns which of the given fields the proxy itself has set. wanted is the
// configured field, server.proxy_header; empty: none.
func (p *proxies) believed(proxy netip.Addr, given naming, wanted string) naming {
	for _, n := range namingFields {
		if http.CanonicalHeaderKey(wanted) == n.field {
			return given & n.naming
		}
	}
	if given == 0 { // the request of a program on the proxy's machine
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	before, known := p.sets[proxy]
	own := before & given
	if own == 0 { // the proxy's first request, or its configuration has changed
		own = given
	}
	if !known && len(p.sets) >= maxProxies {
		clear(p.sets)
	}
	p.sets[proxy] = own
	return own
}

// hop is what one proxy said about the client before it.
type hop struct {
	client      string
	proto, host string // as the client asked for; empty: unknown
}

// hopsOf returns the hops in the reliable fields of a head, the last one at the end.
// X-Real-IP names one client and no chain: if that is a trusted proxy, hopsOf uses a
// field that contains more, if there is one.
func hopsOf(h http.Header, trusted []conf.Network) []hop {
	if fields := given(h); fields&byRealIP != 0 {
		lines := h.Values("X-Real-Ip")
		real := hop{client: strings.TrimSpace(lines[len(lines)-1])}
		addr, ok := netconn.Addr(real.client)
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

// trusts returns whether a connection from an address may begin with the PROXY
// protocol.
func trusts(c *conf.Live, from net.Addr) proxyproto.Policy {
	if addr, ok := netconn.Addr(from.String()); ok && conf.InNetworks(c.Config().Server.TrustedProxies, addr) {
		return proxyproto.USE
	}
	return proxyproto.SKIP
}
