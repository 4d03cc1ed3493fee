package auth

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"

	"relay/icy"
)

// PasswordLine checks the password line of a SHOUTcast source, in all the
// forms it may have, and returns the mount that the source may feed, the one
// that the line names, else standard, and whose login it was. ip is where the
// source comes from. A stream_auth hook is waited for until ctx ends, five
// seconds at most. The error is a *Refusal.
func (g *Gate) PasswordLine(ctx context.Context, ip, line, standard string) (mount, user string, err error) {
	if line == icy.ShoutcastProbe {
		return "", "", &Refusal{Missing: true, Reason: "libshout's probe for a SHOUTcast server"}
	}
	err = g.guarded(ctx, ip, line, func() (refusal *Refusal) {
		mount, user, refusal = g.passwordLine(ctx, ip, line, standard, false)
		if of := g.conf.Config().RenditionOf(mount); refusal == nil && of != "" {
			return &Refusal{Reason: fmt.Sprintf("%s is a rendition of %s: send to %s", mount, of, of), Mount: mount}
		}
		return refusal
	}).orNil()
	return mount, user, err
}

// AdminPasswordLine checks what stands for a login in req, one of SHOUTcast's
// requests for a mount: the password line of its source or, in the same forms,
// the administrator's password. It returns the mount and whose login it was.
// Whoever leaves before he is answered is heard all the same, as with
// MountAdmin. The error is a *Refusal.
func (g *Gate) AdminPasswordLine(req *http.Request, line, standard string) (mount, user string, err error) {
	ctx, ip := context.WithoutCancel(req.Context()), hostOf(req.RemoteAddr)
	err = g.guarded(ctx, ip, line, func() (refusal *Refusal) {
		mount, user, refusal = g.passwordLine(ctx, ip, line, standard, true)
		return refusal
	}).orNil()
	return mount, user, err
}

func (g *Gate) passwordLine(ctx context.Context, ip, line, standard string, admin bool) (mount, user string, refusal *Refusal) {
	refusal = &Refusal{wrong: true, Reason: fmt.Sprintf("wrong password, given for %s", standard)}
	readings := icy.ReadPasswordLine(line)
	for i, given := range readings {
		if given.Mount != "" {
			readings[i].Mount = g.conf.Config().SourceMount(given.Mount)
			given = readings[i]
		}
		mount := cmp.Or(given.Mount, standard)
		if given.Mount != "" {
			refusal = &Refusal{wrong: true, Reason: fmt.Sprintf("wrong password, given for %s", mount), Mount: mount}
		}
		for _, l := range g.logins(mount, admin) {
			err := g.compare(ip, cmp.Or(given.User, l.User), given.Password, l.User, l.Password)
			switch {
			case err == nil:
				return mount, l.User, nil
			case err.Busy:
				return "", "", err
			case err.RightPassword: // other refusals may name a piece of a password as the user
				refusal = err
			}
		}
	}

	ctx, cancel := context.WithTimeout(ctx, g.hooks.timeout)
	defer cancel()
	// The hoster may lock out who errs: ask about the likeliest reading first.
	slices.SortStableFunc(readings, func(a, b icy.PasswordLine) int { return unnamed(a) - unnamed(b) })
	for _, given := range readings {
		mount := cmp.Or(given.Mount, standard)
		m := g.conf.Config().Mount(mount)
		address := m.ListenerAuth.StreamAuth
		if address == "" {
			continue
		}
		user := cmp.Or(given.User, m.SourceUser)
		refusal = g.hooks.mayStream(ctx, address, "the password given for "+mount,
			stream{mount: g.conf.Config().RootOf(mount), ip: ip, user: user, password: given.Password, admin: admin})
		if refusal == nil {
			return mount, user, nil
		}
		refusal.Mount = given.Mount
		if refusal.Unavailable {
			break // the others would learn no more
		}
	}
	return "", "", refusal
}

// unnamed is 1 for a reading that names neither a user nor a mount.
func unnamed(given icy.PasswordLine) int {
	if given.User == "" && given.Mount == "" {
		return 1
	}
	return 0
}
