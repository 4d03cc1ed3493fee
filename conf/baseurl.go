package conf

import "net"

// BaseURL returns the server's address for directories and playlists, without a slash
// at its end: public_url, or hostname and the first port. That is a TLS port only if no
// other port is open.
func (c *Config) BaseURL() string {
	switch {
	case c.Server.PublicURL != "":
		return c.Server.PublicURL
	case len(c.Server.Listen) > 0:
		return "http://" + withPort(c.Server.Hostname, c.Server.Listen[0])
	case len(c.TLS.Listen) > 0:
		return "https://" + withPort(c.Server.Hostname, c.TLS.Listen[0])
	}
	return "http://" + c.Server.Hostname
}

// withPort adds the port of a listen address to a host.
func withPort(host, address string) string {
	if _, port, err := net.SplitHostPort(address); err == nil {
		return net.JoinHostPort(host, port)
	}
	return host
}
