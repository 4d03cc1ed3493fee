package main

import (
	"crypto/rand"

	"relay/conf"
)

// passwords says which of the two were made for this run and must be shown.
type passwords struct{ madeSource, madeAdmin bool }

// fillPasswords makes the passwords that neither configuration nor environment
// gave.
func fillPasswords(c *conf.Config) passwords {
	var p passwords
	if c.Auth.SourcePassword == "" {
		c.Auth.SourcePassword, p.madeSource = newPassword(), true
	}
	if c.Auth.AdminPassword == "" {
		c.Auth.AdminPassword, p.madeAdmin = newPassword(), true
	}
	return p
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
