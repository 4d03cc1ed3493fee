package conf

import "testing"

func TestSourceLogins(t *testing.T) {
	c := parse(t, `
[auth]
source_password = "hackme"
[[mount]]
name = "/live"
[[mount.source]]
user = "dj"
password = "one"
[[mount.source]]
user = "autodj"
password = "two"
`)
	if got := c.Mount("/live").SourceLogins(); len(got) != 2 || got[0].User != "dj" || got[1].Password.Reveal() != "two" {
		t.Errorf("got %+v", got)
	}
	if got := c.Mount("/other").SourceLogins(); len(got) != 1 || got[0].User != "source" || got[0].Password.Reveal() != "hackme" {
		t.Errorf("got %+v", got)
	}
}

// A mount's own logins, in either form, replace those of a pattern.
func TestSourceLoginsOfPatterns(t *testing.T) {
	c := parse(t, `
[auth]
source_password = "hackme"
[[mount]]
name = "/dj*"
source = [{ user = "a", password = "pattern" }]
[[mount]]
name = "/djown"
source_user = "boss"
source_password = "own"
[[mount]]
name = "/djback"
source_password = ""
[[mount]]
name = "/one*"
source_user = "one"
source_password = "pattern"
[[mount]]
name = "/onemany"
source = [{ user = "b", password = "own" }]
`)
	for mount, want := range map[string]SourceLogin{
		"/djany":   {"a", "pattern"},
		"/djown":   {"boss", "own"},
		"/djback":  {"source", "hackme"},
		"/oneany":  {"one", "pattern"},
		"/onemany": {"b", "own"},
	} {
		if got := c.Mount(mount).SourceLogins(); len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %#v, want %#v", mount, got, want)
		}
	}
	if m := c.Mount("/onemany"); m.SourcePassword != "hackme" {
		t.Errorf("the pattern's password is left over: %#v", m.SourcePassword)
	}
}

func TestSourceLoginErrors(t *testing.T) {
	const mount = "[[mount]]\nname = '/live'\n"
	for text, want := range map[string]string{
		"source = [{ user = 'dj' }]":    `relay.toml:3: mount.source.password: needs a password`,
		"source = [{ password = 'x' }]": `relay.toml:3: mount.source.user: needs the user name of the source`,
		"source = [{ user = 'dj', password = 'x' }, { user = 'dj', password = 'y' }]": `relay.toml:3: mount.source.user = "dj": already has a login on this mount`,
		"source_password = 'x'\nsource = [{ user = 'dj', password = 'x' }]":           `relay.toml:3: mount.source_password = ***: [[mount.source]] is given too: keep one of the two`,
		"[[mount.source]]\nuser = 'dj'\npassword = 'y'\npasword = 'x'":                `relay.toml:6: mount.source.pasword: unknown key; did you mean password?`,
	} {
		if _, err := Parse("relay.toml", []byte(mount+text)); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}
