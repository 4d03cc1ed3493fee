package conf

import "testing"

func TestTLSFiles(t *testing.T) {
	refusals{
		{"[tls]\nlisten = [':8443']", `relay.toml:2: tls.listen = [":8443"]: needs tls.cert_file and tls.key_file, or tls.acme_hosts`},
		{"[tls]\nlisten = [':8443']\ncert_file = 'c'", `relay.toml:3: tls.cert_file = "c": needs tls.key_file too`},
		{"[tls]\nkey_file = 'k'", `relay.toml:2: tls.key_file = "k": needs tls.cert_file too`},
		{"[tls]\nredirect_pages = true", `relay.toml:2: tls.redirect_pages = true: needs tls.cert_file and tls.key_file, or tls.acme_hosts`},
		{"[tls]\ncert_file = 'c'\nkey_file = 'k'\nacme_hosts = ['a.example']", `relay.toml:4: tls.acme_hosts = ["a.example"]: cannot be together with tls.cert_file: choose one of them`},
		{"[tls]\nacme_hosts = ['a.example:443']", `relay.toml:2: tls.acme_hosts = "a.example:443": must be the name of this host, such as "radio.example.org"`},
		{"[tls]\nacme_hosts = ['a.example']\nacme_dir = 'http://a'", `relay.toml:3: tls.acme_dir = "http://a": must be the address of a directory, such as "https://acme-v02.api.letsencrypt.org/directory"`},
	}.check(t)
}
