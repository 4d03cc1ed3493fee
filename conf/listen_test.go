package conf

import (
	"slices"
	"testing"
)

func TestListenAddresses(t *testing.T) {
	for _, address := range []string{":8000", "0.0.0.0:80", "127.0.0.1:0", "[::]:8000", "[fe80::1%eth0]:8000", "localhost:65535"} {
		c := parse(t, "[server]\nlisten = ['"+address+"']")
		if !slices.Equal(c.Server.Listen, []string{address}) {
			t.Errorf("got %q", c.Server.Listen)
		}
	}
	const want = `must be "host:port" or ":port", such as ":8000" or "127.0.0.1:8000"`
	for _, address := range []string{"", "8000", "localhost", "::1:8000", "a b:1", "http://x:1", "a/b:1"} {
		refusals{{"[server]\nlisten = ['" + address + "']", `relay.toml:2: server.listen = "` + address + `": ` + want}}.check(t)
	}
	refusals{
		{"[server]\nlisten = [':65536']", `relay.toml:2: server.listen = ":65536": ` + want + `, with a port from 0 to 65535`},
		{"[server]\nlisten = [':http']", `relay.toml:2: server.listen = ":http": ` + want + `, with a port from 0 to 65535`},
		{"[server]\nlisten = []", `relay.toml:2: server.listen = []: must have at least one address such as ":8000", here or in tls.listen`},
		{"[server]\nlisten = [':80',\n':80']", `relay.toml:3: server.listen = ":80": is already listed: use each address once`},
		{"[server]\nshoutcast_listen = '8001'", `relay.toml:2: server.shoutcast_listen = "8001": ` + want},
		{"[server]\nshoutcast_listen = ':8000'", `relay.toml:2: server.shoutcast_listen = ":8000": is already listed: use each address once`},
		{"tls = {cert_file='c', key_file='k', listen=[':8000']}", `relay.toml:1: tls.listen = ":8000": is already listed: use each address once`},
	}.check(t)
	parse(t, "[server]\nlisten = ['127.0.0.1:0', '127.0.0.1:0']")
	if c := parse(t, "[server]\nshoutcast_listen = ':8001'"); c.Server.ShoutcastListen != ":8001" {
		t.Errorf("got %q", c.Server.ShoutcastListen)
	}
	parse(t, "[server]\nlisten = []\n[tls]\nlisten = [':8443']\ncert_file = 'c'\nkey_file = 'k'")
}
