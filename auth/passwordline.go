package auth

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"slices"

	"relay/auth/hooks"
	"relay/icy"
	"relay/internal/netconn"
)

// PasswordLine checks the password line of a SHOUTcast source, in all forms that it may
// have. It returns the mount that the source may feed and the user whose login it was. The
// mount is the one that the line names, or else standard. ip is the source's address.
// PasswordLine waits for a stream_auth hook until ctx ends, five seconds at most. The
// error is a *Refusal.
func (g *Gate) PasswordLine(ctx context.Context, ip netip.Addr, line, standard string) (mount, user string, err error) {
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

// AdminPasswordLine checks the login in req, one of SHOUTcast's requests for a mount. The
// login is the password line of the mount's source or, in the same forms, the
// administrator's password. It returns the mount and the user whose login it was. As with
// MountAdmin, the request counts even if the client leaves before the answer. The error is
// a *Refusal.
func (g *Gate) AdminPasswordLine(req *http.Request, line, standard string) (mount, user string, err error) {
	ctx, ip := context.WithoutCancel(req.Context()), netconn.Client(req)
	err = g.guarded(ctx, ip, line, func() (refusal *Refusal) {
		mount, user, refusal = g.passwordLine(ctx, ip, line, standard, true)
		return refusal
	}).orNil()
	return mount, user, err
}

func (g *Gate) passwordLine(ctx context.Context, ip netip.Addr, line, standard string, admin bool) (mount, user string, refusal *Refusal) {
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
			case err.RightPassword: // other refusals may show a piece of a password as the user
				refusal = err
			}
		}
	}

	ctx, cancel := context.WithTimeout(ctx, g.hooks.Timeout)
	defer cancel()
	// The operator's server may lock out clients with wrong logins: ask about the
	// likeliest reading first.
	slices.SortStableFunc(readings, func(a, b icy.PasswordLine) int { return unnamed(a) - unnamed(b) })
	for _, given := range readings {
		mount := cmp.Or(given.Mount, standard)
		m := g.conf.Config().Mount(mount)
		address := m.ListenerAuth.StreamAuth
		if address == "" {
			continue
		}
		user := cmp.Or(given.User, m.SourceUser)
		refusal = refusalOf(g.hooks.MayStream(ctx, address, "the password given for "+mount,
			hooks.Stream{Mount: g.conf.Config().RootOf(mount), IP: ip, User: user, Password: given.Password, Admin: admin}))
		if refusal == nil {
			return mount, user, nil
		}
		refusal.Mount = given.Mount
		if refusal.Unavailable {
			break // the other readings would get no answer either
		}
	}
	return "", "", refusal
}

// unnamed returns 1 for a reading that names neither a user nor a mount, and 0 for others.
func unnamed(given icy.PasswordLine) int {
	if given.User == "" && given.Mount == "" {
		return 1
	}
	return 0
}
