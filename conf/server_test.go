package conf

import "testing"

func TestServerNames(t *testing.T) {
	for _, url := range []string{"http://localhost", "https://radio.example.org:8443/radio", "http://[::1]:8000"} {
		if c := parse(t, "[server]\npublic_url = '"+url+"/'"); c.Server.PublicURL != url {
			t.Errorf("got %q", c.Server.PublicURL)
		}
	}
	const want = `must be an absolute URL such as "https://radio.example.org"`
	refusals{
		{"[server]\npublic_url = 'radio.example.org'", `relay.toml:2: server.public_url = "radio.example.org": ` + want},
		{"[server]\npublic_url = '//x'", `relay.toml:2: server.public_url = "//x": ` + want},
		{"[server]\npublic_url = 'ftp://x'", `relay.toml:2: server.public_url = "ftp://x": ` + want},
		{"[server]\npublic_url = 'http://'", `relay.toml:2: server.public_url = "http://": ` + want},
		{"[server]\npublic_url = 'http://x:y'", `relay.toml:2: server.public_url = "http://x:y": ` + want},
		{"[server]\npublic_url = 'http://x:99999'", `relay.toml:2: server.public_url = "http://x:99999": ` + want + ", with a port from 1 to 65535 if any"},
		{"[server]\npublic_url = 'http://x/?a'", `relay.toml:2: server.public_url = "http://x/?a": ` + want + ", without a query or fragment"},
		{"[server]\npublic_url = 'http://u:p@x'", `relay.toml:2: server.public_url = "http://***@x": ` + want + ", without user or password"},
		{"[server]\nhostname = 'http://x'", `relay.toml:2: server.hostname = "http://x": must be a bare host name or IP address, such as "radio.example.org"`},
		{"[server]\nhostname = ''", `relay.toml:2: server.hostname = "": must be a bare host name or IP address, such as "radio.example.org"`},
		{"[server]\nshoutcast_mount = 'live'", `relay.toml:2: server.shoutcast_mount = "live": must start with "/", such as "/live"`},
		{"[server]\nshoutcast_mount = '/admin'", `relay.toml:2: server.shoutcast_mount = "/admin": is kept for the server's own pages`},
		{"[server]\nproxy_header = 'CF-Connecting-IP'", `relay.toml:2: server.proxy_header = "CF-Connecting-IP": must be "X-Forwarded-For", "X-Real-IP" or "Forwarded"`},
		{"[server]\nadmin_email = \"a\\r\\nb\"", `relay.toml:2: server.admin_email = "a\r\nb": must not have line breaks or other control characters`},
	}.check(t)
}

func TestBaseURL(t *testing.T) {
	for text, want := range map[string]string{
		"": "http://localhost:8000",
		"server.hostname = 'radio.example'\nserver.listen = [':80', ':443']":                      "http://radio.example:80",
		"server.listen = []\ntls.listen = ['[::]:8443']\ntls.cert_file = 'c'\ntls.key_file = 'k'": "https://localhost:8443",
		"server.public_url = 'https://radio.example'":                                             "https://radio.example",
	} {
		if got := parse(t, text).BaseURL(); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
