package conf

import (
	"fmt"
	"net/netip"
	"testing"
)

func TestNetworks(t *testing.T) {
	c := parse(t, `server.trusted_proxies = ["127.0.0.1", "10.1.2.3/8", "::1", "fd00::/8", "::ffff:192.0.2.1"]`)
	tests := map[string]bool{
		"127.0.0.1": true, "127.0.0.2": false, "::ffff:127.0.0.1": true,
		"10.255.0.1": true, "11.0.0.1": false,
		"::1": true, "::2": false, "fd12::1%eth0": true, "fe80::1": false,
		"192.0.2.1": true,
	}
	for text, want := range tests {
		if got := InNetworks(c.Server.TrustedProxies, netip.MustParseAddr(text)); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestNetworkErrors(t *testing.T) {
	for text, want := range map[string]string{
		`server.trusted_proxies = ["nginx"]`:       `relay.toml:1: server.trusted_proxies = "nginx": must be an IP address or a range such as "10.0.0.0/8"`,
		`server.trusted_proxies = ["10.0.0.0/33"]`: `relay.toml:1: server.trusted_proxies = "10.0.0.0/33": must be an IP address or a range such as "10.0.0.0/8"`,
		`server.trusted_proxies = [7]`:             `relay.toml:1: server.trusted_proxies = 7: wants a string, got a whole number`,
		`server.trusted_proxies = "127.0.0.1"`:     `relay.toml:1: server.trusted_proxies = "127.0.0.1": wants a list of strings, ["…"], got a string`,
	} {
		if _, err := Parse("relay.toml", []byte(text)); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestClientPrefix(t *testing.T) {
	for ip, want := range map[string]string{
		"192.0.2.1":            "192.0.2.1/32",
		"::ffff:192.0.2.1":     "192.0.2.1/32",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"fe80::1:2:3:4%eth0":   "fe80::/64",
		"localhost":            "",
		"":                     "",
	} {
		addr, _ := netip.ParseAddr(ip)
		if client := ClientPrefix(addr); client.IsValid() != (want != "") || client.IsValid() && client.String() != want {
			t.Errorf("%q: %v", ip, client)
		}
	}
}

func TestClientPrefixes(t *testing.T) {
	for ip, want := range map[string]string{
		"192.0.2.1":                  "[192.0.2.1/32]",
		"::ffff:192.0.2.1":           "[192.0.2.1/32]",
		"2001:db8:1:2:3:4:5:6":       "[2001:db8:1:2::/64 2001:db8:1::/56 2001:db8:1::/48]",
		"2001:db8:1:ff02::1":         "[2001:db8:1:ff02::/64 2001:db8:1:ff00::/56 2001:db8:1::/48]",
		"fe80::1:2:3:4%eth0":         "[fe80::/64 fe80::/56 fe80::/48]",
		"fe80::1:2:3:4":              "[fe80::/64 fe80::/56 fe80::/48]",
		"2001:db8:1:2:3:4:192.0.2.1": "[2001:db8:1:2::/64 2001:db8:1::/56 2001:db8:1::/48]",
		"::":                         "[::/64 ::/56 ::/48]",
	} {
		if got := fmt.Sprint(ClientPrefixes(netip.MustParseAddr(ip))); got != want {
			t.Errorf("%s: got %s, want %s", ip, got, want)
		}
	}
	if got := ClientPrefixes(netip.Addr{}); len(got) != 0 {
		t.Errorf("no address is in %v", got)
	}
}

func TestNetworksWithStars(t *testing.T) {
	for text, want := range map[string]string{
		"10.*.*.*": "10.0.0.0/8", "10.1.*": "10.1.0.0/16", "10.1.2.*": "10.1.2.0/24",
		"*.*.*.*": "", "*": "", "10.*.1.*": "", "10.1.2.3.*": "", "10.300.*": "", "::ffff:10.0.0.0/104": "10.0.0.0/8",
	} {
		n, err := ParseNetwork(text)
		if (err == nil) != (want != "") || err == nil && n.String() != want {
			t.Errorf("%q: %v, %v", text, n, err)
		}
	}
}
