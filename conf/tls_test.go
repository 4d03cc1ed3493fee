package conf

import "testing"

func TestTLSFiles(t *testing.T) {
	refusals{
		{"[tls]\nlisten = [':8443']", `relay.toml:2: tls.listen = [":8443"]: needs tls.cert_file and tls.key_file`},
		{"[tls]\nlisten = [':8443']\ncert_file = 'c'", `relay.toml:3: tls.cert_file = "c": needs tls.key_file too`},
		{"[tls]\nkey_file = 'k'", `relay.toml:2: tls.key_file = "k": needs tls.cert_file too`},
	}.check(t)
}
