// Package clientcount counts what each client has of something that is limited.
//
//	in:   addresses that come and go
//	out:  whether one more is too many
//
// A client is a prefix of addresses, see conf.ClientPrefixes: an IPv4 address or an
// IPv6 /64. The wider IPv6 prefixes have a limit of their own, several times as high.
package clientcount

import (
	"math"
	"net/netip"

	"relay/conf"
)

// Limit returns how many a prefix may have of something of which one client may have
// most: 4 times as many for a /56, 8 times as many for a /48.
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

// Counts is what each prefix has. The zero value is ready. Not safe for concurrent
// use.
type Counts struct{ of map[netip.Prefix]int }

// Enter counts one more of an IP address and reports whether none of its prefixes
// has too many then; otherwise it is not counted. One client may have most of them, and
// a wider prefix no more than ceiling; 0 is no limit. What is no address has none either.
func (c *Counts) Enter(ip string, most, ceiling int) bool {
	prefixes := prefixesOf(ip)
	for _, p := range prefixes {
		limit := Limit(p, most)
		if limit > most && ceiling > 0 {
			limit = max(most, min(limit, ceiling))
		}
		if most > 0 && c.of[p] >= limit {
			return false
		}
	}
	if c.of == nil {
		c.of = map[netip.Prefix]int{}
	}
	for _, p := range prefixes {
		c.of[p]++
	}
	return true
}

// Leave takes back what Enter has counted.
func (c *Counts) Leave(ip string) {
	for _, p := range prefixesOf(ip) {
		if c.of[p]--; c.of[p] <= 0 {
			delete(c.of, p)
		}
	}
}

// Len returns how many prefixes have something.
func (c *Counts) Len() int { return len(c.of) }

func prefixesOf(ip string) []netip.Prefix {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return nil
	}
	return conf.ClientPrefixes(addr)
}
