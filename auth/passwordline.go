package auth

import (
	"cmp"
	"fmt"

	"relay/conf"
	"relay/icy"
)

// PasswordLine checks the password line of a SHOUTcast source, in all the
// forms it may have, and returns the mount that the source may feed: the one
// that the line names, else standard. The error is a *Refusal.
func (g *Gate) PasswordLine(line, standard string) (mount string, err error) {
	if line == icy.ShoutcastProbe {
		return "", &Refusal{Missing: true, Reason: "libshout's probe for a SHOUTcast server"}
	}
	return g.passwordLine(line, standard, false)
}

// AdminPasswordLine checks what stands for a login in SHOUTcast's requests for
// a mount: the password line of its source or, in the same forms, the
// administrator's password. The error is a *Refusal.
func (g *Gate) AdminPasswordLine(line, standard string) (mount string, err error) {
	return g.passwordLine(line, standard, true)
}

func (g *Gate) passwordLine(line, standard string, admin bool) (string, error) {
	refusal := &Refusal{Reason: fmt.Sprintf("wrong password, given for %s", standard)}
	for _, given := range icy.ReadPasswordLine(line) {
		mount := cmp.Or(given.Mount, standard)
		if given.Mount != "" {
			refusal = &Refusal{Reason: fmt.Sprintf("wrong password, given for %s", mount)}
		}
		m := g.conf.Mount(mount)
		logins := []login{{m.SourceUser, m.SourcePassword}}
		if admin {
			logins = append(logins, login{g.conf.Auth.AdminUser, g.conf.Auth.AdminPassword})
		}
		for _, l := range logins {
			err := compare(cmp.Or(given.User, l.user), given.Password, l.user, l.password)
			if err == nil {
				return mount, nil
			}
			// Other refusals may name a piece of a password as the user.
			if err.RightPassword {
				refusal = err
			}
		}
	}
	return "", refusal
}

type login struct {
	user     string
	password conf.Secret
}
