// Package clientcount counts how much of a limited resource each client has.
//
//	in:   addresses that come and go
//	out:  whether one more is too many
//
// Clients are counted by prefixes, see conf.ClientPrefixes: an IPv4 address or an IPv6
// /64. The wider IPv6 prefixes have their own limits, which are several times as high.
package clientcount

import (
	"hash/maphash"
	"math"
	"net/netip"

	"relay/conf"
)

// Limit returns the limit of a prefix if one client may have most: 4 times as many for
// a /56, 8 times as many for a /48.
func Limit(p netip.Prefix, most int) int {
	times := 1
	switch bits := p.Bits(); {
	case p.Addr().Is4() || bits >= 64:
	case bits >= 56:
		times = 4
	default:
		times = 8
	}
	if most > math.MaxInt/times {
		return math.MaxInt
	}
	return times * most
}

// Counts holds the count of each prefix. The zero value is ready to use. Not safe for
// concurrent use.
type Counts struct {
	of map[uint64]int32 // by hash: a prefix takes three times the memory
}

// seed makes hashes of prefixes unpredictable.
var seed = maphash.MakeSeed()

func key(p netip.Prefix) uint64 { return maphash.Comparable(seed, p) }

// Enter counts one more for an IP address and reports true, or reports false and counts
// nothing if one of the address's prefixes has reached its limit. The limit is most for
// one client, and at most ceiling for a wider prefix; 0 means no limit. The zero Addr has
// no limit.
func (c *Counts) Enter(addr netip.Addr, most, ceiling int) bool {
	prefixes := conf.ClientPrefixes(addr)
	for _, p := range prefixes {
		limit := Limit(p, most)
		if limit > most && ceiling > 0 {
			limit = max(most, min(limit, ceiling))
		}
		if most > 0 && int(c.of[key(p)]) >= limit {
			return false
		}
	}
	if c.of == nil {
		c.of = map[uint64]int32{}
	}
	for _, p := range prefixes {
		c.of[key(p)]++
	}
	return true
}

// Leave undoes one Enter that reported true.
func (c *Counts) Leave(addr netip.Addr) {
	for _, p := range conf.ClientPrefixes(addr) {
		k := key(p)
		if c.of[k]--; c.of[k] <= 0 {
			delete(c.of, k)
		}
	}
}

// Len returns the number of prefixes with a count.
func (c *Counts) Len() int { return len(c.of) }
