package conf

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// Network is a range of IP addresses: "10.0.0.0/8", "10.*.*.*", or a single address.
type Network struct{ netip.Prefix }

// ParseNetwork reads an address or a range.
func ParseNetwork(text string) (Network, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return Network{netip.PrefixFrom(addr, addr.BitLen())}, nil
	}
	prefix, err := netip.ParsePrefix(withoutStars(text))
	if err != nil {
		return Network{}, errors.New(`must be an IP address or a range such as "10.0.0.0/8"`)
	}
	if addr := prefix.Addr(); addr.Is4In6() && prefix.Bits() >= 96 {
		prefix = netip.PrefixFrom(addr.Unmap(), prefix.Bits()-96)
	}
	return Network{prefix.Masked()}, nil
}

// withoutStars converts icecast-kh's "10.1.*.*", or "10.1.*", to "10.1.0.0/16", and
// returns any other text unchanged.
func withoutStars(text string) string {
	bare := text
	for strings.HasSuffix(bare, ".*") {
		bare = strings.TrimSuffix(bare, ".*")
	}
	given := strings.Count(bare, ".") + 1
	if bare == text || given > 3 {
		return text
	}
	return fmt.Sprintf("%s%s/%d", bare, strings.Repeat(".0", 4-given), 8*given)
}

// UnmarshalTOML reads the string of a TOML value.
func (n *Network) UnmarshalTOML(v any) error {
	text, ok := v.(string)
	if !ok {
		return wrongKind("a string", v)
	}
	parsed, err := ParseNetwork(text)
	if err != nil {
		return err
	}
	*n = parsed
	return nil
}

// InNetworks reports whether an address is in one of the networks. An IPv4 address and
// its IPv6-mapped form are the same address.
func InNetworks(networks []Network, addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, n := range networks {
		if n.Contains(addr) {
			return true
		}
	}
	return false
}

// ClientPrefix returns the client prefix of an IP address: an IPv4 address alone, or the
// /64 of an IPv6 address, which is what providers assign to a home. The zero Addr has the
// zero Prefix.
func ClientPrefix(addr netip.Addr) netip.Prefix {
	if !addr.IsValid() {
		return netip.Prefix{}
	}
	return ClientPrefixes(addr)[0]
}

// ClientPrefixes returns the ranges in which an address is counted, the narrowest
// first. The first one is the client prefix. An IPv4 address is its own range. An IPv6
// address is in a /64, which is one network, and in the /56 and the /48 that providers
// assign to one customer, who has 256 or 65,536 networks to send from. The zero Addr
// has no ranges.
func ClientPrefixes(addr netip.Addr) []netip.Prefix {
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return []netip.Prefix{netip.PrefixFrom(addr, 32)}
	}
	var prefixes []netip.Prefix
	for _, bits := range []int{64, 56, 48} {
		if p, err := addr.Prefix(bits); err == nil && p.IsValid() {
			prefixes = append(prefixes, p)
		}
	}
	return prefixes
}
