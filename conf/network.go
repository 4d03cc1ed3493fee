package conf

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// Network is a range of IP addresses: "10.0.0.0/8", "10.*.*.*", or one address
// alone.
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

// withoutStars turns "10.1.*.*", as icecast-kh has it, or "10.1.*" into
// "10.1.0.0/16", and leaves everything else as it is.
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

// InNetworks tells whether an address is in one of the networks. An IPv4
// address written as IPv6 is the same address.
func InNetworks(networks []Network, addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	for _, n := range networks {
		if n.Contains(addr) {
			return true
		}
	}
	return false
}

// HouseholdOf returns the addresses that are taken for one client: an IPv4
// address alone, or the /64 of an IPv6 one, which is what a household gets. ok
// is false for what is no IP address.
func HouseholdOf(ip string) (household netip.Prefix, ok bool) {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return netip.Prefix{}, false
	}
	return ClientPrefixes(addr)[0], true
}

// ClientPrefixes returns the ranges that an address is counted in, the narrowest
// first. The first is taken for one client. An IPv4 address is its own range. An
// IPv6 address is in a /64, which is one network, and in the /56 and the /48 that
// providers hand to one customer, who has 256 or 65,536 networks to send from.
// For the zero Addr there is none.
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
