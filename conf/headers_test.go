package conf

import (
	"maps"
	"strings"
	"testing"
)

func TestHeaders(t *testing.T) {
	const mount = "[[mount]]\nname = '/live'\n"
	for text, want := range map[string]Headers{
		mount: nil,
		mount + `headers = { "icy-logo" = "https://radio.example/logo.png", "icy-country-code" = "DE" }`: {"icy-logo": "https://radio.example/logo.png", "icy-country-code": "DE"},
		mount + "[mount.headers]\nX-Robots-Tag = \"noindex\"\nicy-index-metadata = \"1\"\n":              {"X-Robots-Tag": "noindex", "icy-index-metadata": "1"},
		mount + `headers = {}`: nil,
		"[[mount]]\nname = '/*'\nheaders = { icy-logo = \"a\" }\n" + mount:                                     {"icy-logo": "a"},
		"[[mount]]\nname = '/*'\nheaders = { icy-logo = \"a\" }\n" + mount + `headers = { icy-version = "2" }`: {"icy-version": "2"},
		"[[mount]]\nname = '/*'\nheaders = { icy-logo = \"a\" }\n" + mount + `headers = {}`:                    nil,
	} {
		if got := parse(t, text).Mount("/live").Headers; !maps.Equal(got, want) {
			t.Errorf("%s\ngot %v, want %v", text, got, want)
		}
	}
	many := ""
	for n := range maxHeaders + 1 {
		many += "x" + strings.Repeat("a", n) + " = ''\n"
	}
	refusals{
		{mount + "headers = 'icy-logo: x'", `relay.toml:3: mount.headers = "icy-logo: x": wants a table of strings, { "icy-logo" = "https://…" }, got a string`},
		{mount + "headers = { icy-version = 2 }", `relay.toml:3: mount.headers: icy-version wants a string, got a whole number`},
		{mount + "headers = { 'icy logo' = 'x' }", `relay.toml:3: mount.headers: "icy logo" is not a header name such as "icy-logo"`},
		{mount + "headers = { \"a:b\" = 'x' }", `relay.toml:3: mount.headers: "a:b" is not a header name such as "icy-logo"`},
		{mount + "headers = { \"a\\r\\nb\" = 'x' }", `relay.toml:3: mount.headers: "a\r\nb" is not a header name such as "icy-logo"`},
		{mount + "headers = { \"\" = 'x' }", `relay.toml:3: mount.headers: "" is not a header name such as "icy-logo"`},
		{mount + "headers = { Content-Length = '5' }", `relay.toml:3: mount.headers: "Content-Length" is set by relay itself`},
		{mount + "headers = { Icy-MetaInt = '5' }", `relay.toml:3: mount.headers: "Icy-MetaInt" is set by relay itself`},
		{mount + "headers = { Set-Cookie = 'x' }", `relay.toml:3: mount.headers: "Set-Cookie" is set by relay itself`},
		{mount + "headers = { icy-logo = 'x', Icy-Logo = 'y' }", `relay.toml:3: mount.headers: "icy-logo" is also given as "Icy-Logo"`},
		{mount + "headers = { icy-logo = \"x\\r\\nSet-Cookie: y\" }", `relay.toml:3: mount.headers: "icy-logo" must be one line without control characters`},
		{mount + "headers = { icy-logo = '" + strings.Repeat("x", 1001) + "' }", `relay.toml:3: mount.headers: "icy-logo" must not be longer than 1000 bytes`},
		{mount + "[mount.headers]\n" + many, `relay.toml:3: mount.headers: must not have more than 32 lines`},
	}.check(t)
}

func TestRedirectFull(t *testing.T) {
	const mount = "[[mount]]\nname = '/live'\nredirect_full = "
	for _, address := range []string{"http://other.example:8000/live", "https://other.example/live?x=1", ""} {
		if got := parse(t, mount+"'"+address+"'").Mount("/live").RedirectFull; got != address {
			t.Errorf("%q is %q", address, got)
		}
	}
	for _, address := range []string{"/live", "other.example/live", "ftp://other.example/", "http://", "http://me:secret@other.example/", "http://other.example/\\r\\nx", "http://other.example/a b", "javascript:alert(1)"} {
		if _, err := Parse("relay.toml", []byte(mount+"\""+address+"\"")); err == nil || !strings.Contains(err.Error(), "redirect_full") {
			t.Errorf("%q: %v", address, err)
		}
	}
}
