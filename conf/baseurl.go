package conf

import "net"

// BaseURL is the server's address as directories and playlists print it,
// without a slash at its end: public_url, or hostname and the first port, which is
// one for TLS only where no other is open.
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

// withPort gives a host the port of an address to listen on.
func withPort(host, address string) string {
	if _, port, err := net.SplitHostPort(address); err == nil {
		return net.JoinHostPort(host, port)
	}
	return host
}
