package conf

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// checkListen reports invalid listen addresses and duplicates.
func checkListen(r *reader, s *Server, tls []string) {
	var root path
	seen := make(map[string]bool)
	checkOne := func(at path, address string) {
		if r.failed[at.id] {
			return
		}
		port, problem := checkAddress(address)
		switch {
		case problem != "":
			r.fail(at, "%s", problem)
		case port != "0" && seen[address]:
			r.fail(at, "is already listed: use each address once")
		}
		seen[address] = true
	}
	check := func(p path, addresses []string) {
		for i, address := range addresses {
			checkOne(p.item(i), address)
		}
	}
	plain := root.key("server").key("listen")
	check(plain, s.Listen)
	if s.ShoutcastListen != "" {
		checkOne(root.key("server").key("shoutcast_listen"), s.ShoutcastListen)
	}
	check(root.key("tls").key("listen"), tls)
	if r.usable(plain) && len(s.Listen) == 0 && len(tls) == 0 {
		r.fail(plain, `must have at least one address such as ":8000", here or in tls.listen`)
	}
}

// checkAddress returns the port of a listen address, and what is wrong with the
// address. Port 0 means any free one.
func checkAddress(address string) (port, problem string) {
	const want = `must be "host:port" or ":port", such as ":8000" or "127.0.0.1:8000"`
	host, port, err := net.SplitHostPort(address)
	switch {
	case err != nil:
		return port, want
	case !isPort(port):
		return port, want + ", with a port from 0 to 65535"
	case host != "" && !isHost(host):
		return port, want
	}
	return port, ""
}

// isPort reports whether s is a port number.
func isPort(s string) bool {
	_, err := strconv.ParseUint(s, 10, 16)
	return err == nil
}

// isHost reports whether s is a host name or an IP address, without port or
// brackets.
func isHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	return s != "" && strings.IndexFunc(s, func(c rune) bool {
		return !isBareKey(c) && c != '.' && c < 0x80
	}) < 0
}
