package main

import (
	"crypto/rand"

	"relay/conf"
)

// passwords are those made for this run, which a reload keeps; empty: the
// configuration had one.
type passwords struct{ source, admin conf.Secret }

// fill gives c the passwords that neither its file nor the environment gave,
// and makes them when they are needed first.
func (p *passwords) fill(c *conf.Config) {
	fill := func(configured, made *conf.Secret) {
		if *configured != "" {
			return
		}
		if *made == "" {
			*made = newPassword()
		}
		*configured = *made
	}
	fill(&c.Auth.SourcePassword, &p.source)
	fill(&c.Auth.AdminPassword, &p.admin)
}

// newPassword returns 60 random bits in letters that survive being read aloud
// and typed into a DJ program.
func newPassword() conf.Secret {
	const letters = "abcdefghijkmnpqrstuvwxyz23456789" // 32: five bits each
	b := make([]byte, 12)
	rand.Read(b)
	for i := range b {
		b[i] = letters[b[i]%32]
	}
	return conf.Secret(b)
}
