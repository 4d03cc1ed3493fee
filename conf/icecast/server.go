package icecast

import (
	"cmp"
	"fmt"
	"net"
	"strconv"

	"relay/conf"
)

// readServer reads the names of the server.
func (c *Config) readServer() {
	c.server.setText("hostname", c.root.take("hostname"))
	c.server.setText("location", c.root.take("location"))
	c.server.setText("admin_email", c.root.take("admin"))
}

// sockets are the addresses to listen on, by protocol.
type sockets struct {
	plain, tls []string
	seen       map[string]bool

	from, tlsFrom *element // the first one of each
}

func (s *sockets) add(e *element, address string, secure bool) {
	if s.seen[address] {
		return
	}
	s.seen[address] = true
	if secure {
		s.tls = append(s.tls, address)
		s.tlsFrom = cmp.Or(s.tlsFrom, e)
		return
	}
	s.plain = append(s.plain, address)
	s.from = cmp.Or(s.from, e)
}

// readSockets reads the addresses to listen on.
func (c *Config) readSockets() {
	s := &sockets{seen: make(map[string]bool)}
	all := c.root.takeAll("listen-socket")
	if len(all) == 0 {
		// Icecast before 2.3 had one address, at the top level.
		if old := c.root.take("port"); old != nil {
			all = []*element{{name: old.name, line: old.line, children: []*element{old}}}
			if address := c.root.take("bind-address"); address != nil {
				all[0].children = append(all[0].children, address)
			}
		}
	}
	var shoutcast []*element
	for _, e := range all {
		if c.readSocket(s, e) {
			shoutcast = append(shoutcast, e)
		}
	}
	// SHOUTcast sources can connect to any address, so theirs is open already if it is
	// among the others.
	mount := c.root.take("shoutcast-mount")
	var listen string
	var listenFrom *element
	for _, e := range shoutcast {
		at := c.shoutcastAddress(e)
		switch {
		case s.seen[at]:
		case listen == "":
			listen, listenFrom = at, e
			s.seen[at] = true
		default:
			s.add(e, at, false)
		}
		if own := e.take("shoutcast-mount"); own != nil {
			if mount != nil && mount.word() != own.word() {
				c.lose(Lost, own, fmt.Sprintf("SHOUTcast sources go to %s; a password such as %s:PASSWORD selects another mount",
					mount.word(), own.word()))
				continue
			}
			mount = own
		}
	}
	if len(s.plain)+len(s.tls) > 0 {
		c.server.set("listen", s.plain, cmp.Or(s.from, s.tlsFrom))
	}
	if listen != "" {
		c.server.set("shoutcast_listen", listen, listenFrom)
	}
	c.server.setText("shoutcast_mount", mount)
	if len(s.tls) > 0 {
		c.tls.set("listen", s.tls, s.tlsFrom)
	}
}

// readSocket reads one <listen-socket>, and reports whether it gives SHOUTcast sources
// an address of their own.
func (c *Config) readSocket(s *sockets, e *element) (shoutcast bool) {
	if e.take("shoutcast-compat").flag() {
		return true // and for no other clients
	}
	s.add(e, c.address(e, 0), e.take("ssl", "tls").flag())
	return e.take("shoutcast-mount") != nil
}

// shoutcastAddress returns the address for SHOUTcast sources: the port itself if it is
// only for them, otherwise the next port.
func (c *Config) shoutcastAddress(e *element) string {
	if e.take("shoutcast-compat").flag() {
		return c.address(e, 0)
	}
	return c.address(e, 1)
}

// address returns the address of a <listen-socket>, with on added to the port.
func (c *Config) address(e *element, on int) string {
	port, ok := e.take("port").number()
	if !ok {
		port = 8000
	}
	return net.JoinHostPort(e.take("bind-address").word(), strconv.Itoa(port+on))
}

// readCertificate reads the files of TLS. Icecast keeps certificate and key in one
// file, icecast-kh may have two.
func (c *Config) readCertificate(paths *element) {
	certificate := paths.take("ssl-certificate", "ssl_certificate", "tls-certificate")
	key := paths.take("ssl-private-key", "tls-private-key")
	switch {
	case certificate.word() != "":
		c.tls.set("cert_file", certificate.word(), certificate)
		if key.word() == "" {
			key = certificate
		}
		c.tls.set("key_file", key.word(), key)
	case c.tls.has("listen"):
		// Icecast speaks plain HTTP there, and so does relay.
		secure := c.tls.lines[0].from
		c.tls.lines[0].off = true
		c.tls.remark("listen", "there is no ssl-certificate, without which Icecast does not speak TLS either")
		c.tls.lose(secure, "needs tls.cert_file and tls.key_file; remove the comment sign once they are set")
	}
}

// readProxies reads the trusted proxies.
func (c *Config) readProxies(paths *element) {
	var trusted []string
	var from *element
	for _, e := range paths.takeAll("x-forwarded-for") {
		if !isNetwork(e.word()) {
			c.lose(Lost, e, "is not an IP address, as server.trusted_proxies requires")
			continue
		}
		trusted = append(trusted, e.word())
		from = cmp.Or(from, e)
	}
	if len(trusted) > 0 {
		c.server.set("trusted_proxies", trusted, from)
	}
}

// isNetwork reports whether a text is an address or a range of addresses.
func isNetwork(text string) bool {
	var n conf.Network
	return n.UnmarshalTOML(text) == nil
}
