package conf

import (
	"errors"
	"net/netip"
)

// Network is a range of IP addresses: "10.0.0.0/8", or one address alone.
type Network struct{ netip.Prefix }

// UnmarshalTOML reads the string of a TOML value.
func (n *Network) UnmarshalTOML(v any) error {
	text, ok := v.(string)
	if !ok {
		return wrongKind("a string", v)
	}
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		n.Prefix = netip.PrefixFrom(addr, addr.BitLen())
		return nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return errors.New(`must be an IP address or a range such as "10.0.0.0/8"`)
	}
	n.Prefix = prefix.Masked()
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
