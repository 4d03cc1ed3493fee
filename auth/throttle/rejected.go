package throttle

import (
	"net/netip"
	"slices"

	"relay/conf"
)

// IsRejected reports whether a pair of a password and a hash is remembered not to match.
// Each address has a memory of its own, so no other address can displace its pairs.
func (t *Throttle) IsRejected(ip netip.Addr, pair string) bool {
	from, digest := conf.ClientPrefix(ip), t.digest(pair)
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(t.of(from).rejected, digest.is)
}

// Reject remembers that a pair, which came from an IP address, does not match.
func (t *Throttle) Reject(ip netip.Addr, pair string) {
	from, digest := conf.ClientPrefix(ip), t.digest(pair)
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.of(from)
	g.rejected = remember(g.rejected, digest, maxRejected)
}
