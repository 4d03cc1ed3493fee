package conf

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Review returns warnings about a valid configuration that is probably not as intended:
// passwords that are easy to guess, secrets that other users of the machine can read,
// and less restricted mounts that play the programme of restricted ones. It returns
// none for an invalid text.
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
	c.reviewSegments(r)
	return r.sorted()
}

// warn records a warning about the value at p, without showing the value.
func (r *reader) warn(p path, format string, args ...any) {
	r.errs = append(r.errs, &Error{File: r.file, Line: r.line(p), Key: p.shown, Problem: fmt.Sprintf(format, args...)})
}

// A storedSecret is a secret of a configuration and its place.
type storedSecret struct {
	Secret
	at       path     // of the value, or of the key with the name of its file
	file     string   // that it is read from; empty: the configuration itself
	variable string   // of the environment that it is read from; empty: none
	user     string   // the user name of the login
	names    []string // of the mount and the station, which are easy to guess
	token    bool     // people do not type it
}

// secrets lists the secrets in a configuration, its secret files and the environment.
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
		case r.given(s.at) && !isText: // a value that is shown is not a secret
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

// variableIn returns the name in "${NAME}".
func variableIn(text string) string { return strings.TrimSuffix(strings.TrimPrefix(text, "${"), "}") }
