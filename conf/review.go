package conf

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// Review returns what is right in a configuration and most likely not meant:
// passwords that are easy to guess, secrets that others on the machine can read,
// and what is open beside something closed. Of a text that is not right there is
// nothing to say.
func Review(ctx context.Context, name string, text []byte) []*Error {
	c, r, err := read(name, text)
	if err != nil {
		return nil
	}
	c.check(r)
	if r.err() != nil {
		return nil
	}
	c.reviewPasswords(ctx, r)
	c.reviewFiles(r)
	c.reviewAccess(r)
	slices.SortStableFunc(r.errs, func(a, b *Error) int {
		return cmp.Or(a.Line-b.Line, strings.Compare(a.Key, b.Key))
	})
	return r.errs
}

// warn records what is likely not meant about the value at p, without the value.
func (r *reader) warn(p path, format string, args ...any) {
	r.errs = append(r.errs, &Error{File: r.file, Line: r.line(p), Key: p.shown, Problem: fmt.Sprintf(format, args...)})
}

// A storedSecret is a secret of a configuration with where it is.
type storedSecret struct {
	Secret
	at       path     // of the value, or of the name of its file
	file     string   // it is in; empty: in the configuration
	variable string   // of the environment it is in; empty: none
	user     string   // whose password it is
	names    []string // of what it is for, which are easy to guess
	token    bool     // nobody types it
}

// secrets lists the secrets that a configuration, its files and the environment
// have.
func (c *Config) secrets(r *reader) (all []storedSecret) {
	add := func(table path, key string, s storedSecret) {
		if s.Secret == "" {
			return
		}
		s.at = table.key(key)
		file := table.key(key + "_file")
		switch written, isText := r.values[s.at.id].(string); {
		case isVariable(written):
			s.variable = variableIn(written)
		case r.given(s.at) && !isText: // a text that is shown is none of a secret
			s.variable = ""
		default:
			if name, _ := r.values[file.id].(string); name != "" {
				s.at, s.file, s.variable = file, r.resolve(name), ""
			}
		}
		all = append(all, s)
	}
	var root path
	station := []string{c.Server.Hostname, c.Server.Location}
	auth := root.key("auth")
	add(auth, "source_password", storedSecret{Secret: c.Auth.SourcePassword, user: c.Auth.SourceUser, names: station, variable: SourcePasswordVariable})
	add(auth, "admin_password", storedSecret{Secret: c.Auth.AdminPassword, user: c.Auth.AdminUser, names: station, variable: AdminPasswordVariable})
	add(auth, "relay_password", storedSecret{Secret: c.Auth.RelayPassword, user: c.Auth.RelayUser, names: station})
	for i, token := range c.Auth.APITokens {
		s := storedSecret{Secret: token, at: auth.key("api_tokens").item(i), names: station, token: true}
		if written, ok := r.values[s.at.id].(string); ok && isVariable(written) {
			s.variable = variableIn(written)
		}
		all = append(all, s)
	}
	for i, m := range c.Mounts {
		at, names := root.key("mount").item(i), append(slices.Clone(station), m.Name, m.Title)
		user := c.Mount(m.Name).SourceUser
		add(at, "source_password", storedSecret{Secret: m.SourcePassword, user: user, names: names})
		for n, login := range m.Sources {
			add(at.key("source").item(n), "password", storedSecret{Secret: login.Password, user: login.User, names: names})
		}
		add(at.key("listener_auth"), "token_secret", storedSecret{Secret: m.ListenerAuth.TokenSecret, names: names, token: true})
	}
	add(root.key("master"), "password", storedSecret{Secret: c.Master.Password, user: c.Master.User})
	for i, relay := range c.Relays {
		add(root.key("relay").item(i), "password", storedSecret{Secret: relay.Password, user: relay.User, names: []string{relay.Mount}})
	}
	return all
}

// variableIn is the name in "${NAME}".
func variableIn(text string) string { return strings.TrimSuffix(strings.TrimPrefix(text, "${"), "}") }
