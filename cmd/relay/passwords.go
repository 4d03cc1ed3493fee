package main

import (
	"crypto/rand"

	"relay/conf"
)

// passwords are the generated passwords of this run, which a reload keeps. A password
// that is configured is empty here.
type passwords struct {
	source, admin conf.Secret
	folder        string // that contains their files; empty: they are valid for this run only
}

// fill sets the passwords of c that neither its file nor the environment gave, and
// generates them at the first call.
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

// newPassword returns 60 random bits in letters that are easy to read aloud and to type
// into a DJ program.
func newPassword() conf.Secret {
	const letters = "abcdefghijkmnpqrstuvwxyz23456789" // 32: five bits each
	b := make([]byte, 12)
	rand.Read(b)
	for i := range b {
		b[i] = letters[b[i]%32]
	}
	return conf.Secret(b)
}
