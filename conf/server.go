package conf

import (
	"net/url"
	"strings"
)

// Server is [server]: the addresses and names of the server.
type Server struct {
	// Listen is the addresses for sources, listeners and operators, "host:port".
	Listen []string `toml:"listen" restart:"true"`
	// ShoutcastListen is one more address, for programs that know only SHOUTcast's
	// first protocol: they connect to the port above the configured one. Empty: none.
	ShoutcastListen string `toml:"shoutcast_listen" restart:"true"`
	// ShoutcastMount is the mount of such a source on any address, if its password line
	// does not name one.
	ShoutcastMount string `toml:"shoutcast_mount"`
	// Hostname is the host name or IP address in playlists and directories.
	Hostname string `toml:"hostname"`
	// PublicURL is the public address of the server, without a slash at the end. It
	// overrides Hostname and the port. Empty: there is none.
	PublicURL string `toml:"public_url"`
	// Location is where the station is, for people to read.
	Location string `toml:"location"`
	// AdminEmail is the address of the operators, for people to read. Empty: none.
	AdminEmail string `toml:"admin_email"`
	// TrustedProxies are the proxies whose statements about their clients are believed:
	// in X-Forwarded-For, X-Real-IP, Forwarded, X-Forwarded-Proto or the PROXY
	// protocol.
	TrustedProxies []Network `toml:"trusted_proxies"`
	// ProxyHeader is the only header field in which proxies may name their clients:
	// X-Forwarded-For, X-Real-IP or Forwarded. Empty: relay finds out which of them
	// each proxy sets.
	ProxyHeader string `toml:"proxy_header"`
}

func defaultServer() Server {
	return Server{Listen: []string{":8000"}, ShoutcastMount: "/stream", Hostname: "localhost", Location: "Earth"}
}

func (s *Server) check(r *reader, p path) {
	if r.usable(p.key("shoutcast_mount")) {
		if problem := nameProblem(s.ShoutcastMount, false); problem != "" {
			r.fail(p.key("shoutcast_mount"), "%s", problem)
		}
	}
	if r.usable(p.key("hostname")) && !isHost(s.Hostname) {
		r.fail(p.key("hostname"), `must be a bare host name or IP address, such as "radio.example.org"`)
	}
	if s.PublicURL != "" {
		if problem := checkURL(s.PublicURL); problem != "" {
			r.fail(p.key("public_url"), "%s", problem)
		}
		s.PublicURL = strings.TrimRight(s.PublicURL, "/")
	}
	if s.ProxyHeader != "" {
		oneOf(r, p.key("proxy_header"), s.ProxyHeader, "X-Forwarded-For", "X-Real-IP", "Forwarded")
	}
	checkText(r, p.key("location"), s.Location)
	checkText(r, p.key("admin_email"), s.AdminEmail)
}

// checkURL returns what is wrong with a public URL; empty: nothing.
func checkURL(text string) string {
	const want = `must be an absolute URL such as "https://radio.example.org"`
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || !isHost(u.Hostname()):
		return want
	case u.User != nil:
		return want + ", without user or password"
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return want + ", without a query or fragment"
	case u.Port() == "0" || u.Port() != "" && !isPort(u.Port()):
		return want + ", with a port from 1 to 65535 if any"
	}
	return ""
}
