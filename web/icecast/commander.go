package icecast

import (
	"net/http"
	"slices"
	"strings"

	"relay/auth"
	"relay/icy"
)

// A commander is the login that a command is sent with.
type commander struct {
	operator bool
	user     string // of the login
	mount    string // that a source's login opens
}

// mayCommand checks the login of a request for a command and returns it. The login must
// be the operator's or, if the request names mounts, open all of them.
func (h *Handlers) mayCommand(r *http.Request, c command, q icy.Query) (commander, error) {
	user, _, _ := r.BasicAuth()
	by := commander{user: user, mount: q["mount"]}
	if by.mount == "" || user == h.Conf.Config().Auth.AdminUser {
		if err := h.Gate.Admin(r); err == nil {
			return commander{operator: true, user: user}, nil
		} else if by.mount == "" {
			return by, err
		}
	}
	if err := h.Gate.MountAdmin(r, by.mount); err != nil {
		return by, err
	}
	if c.other != "" && q[c.other] != "" {
		if err := h.Gate.MountAdmin(r, q[c.other]); err != nil {
			return by, err
		}
	}
	if c.file && !h.opensAllOfFile(by) {
		return by, &auth.Refusal{Reason: "the password file is shared with other mounts, which this login does not open"}
	}
	return by, nil
}

// opensAllOfFile reports whether a source's login opens every mount that has the same
// htpasswd file of listeners.
func (h *Handlers) opensAllOfFile(by commander) bool {
	c := h.Conf.Config()
	file := c.Mount(by.mount).ListenerAuth.HtpasswdFile
	return file == "" || !slices.ContainsFunc(c.WithHtpasswd(file), func(name string) bool {
		return !h.Gate.OpensToo(by.user, by.mount, name)
	})
}

// mayKnow reports whether a commander may know that a mount exists.
func (h *Handlers) mayKnow(by commander, mount string) bool {
	return by.operator || !h.Conf.Config().Mount(mount).Hidden || h.Gate.OpensToo(by.user, by.mount, mount)
}

// toldTo returns an answer without the mounts that a commander may not know. answer is
// not changed.
func (h *Handlers) toldTo(by commander, answer element) element {
	if by.operator {
		return answer
	}
	told := answer
	told.Below = nil
	for _, below := range answer.Below {
		switch {
		case below.Mount != "" && !h.mayKnow(by, below.Mount):
			continue
		case below.Name == "fallback" && !h.mayKnow(by, below.Text):
			below.Text = ""
		}
		told.Below = append(told.Below, h.toldTo(by, below))
	}
	return told
}

// errorToldTo returns err, or errNotForYou if err names a mount that the commander may
// not know.
func (h *Handlers) errorToldTo(by commander, err error) error {
	if by.operator {
		return err
	}
	var names []string
	for _, m := range h.Conf.Config().Mounts {
		names = append(names, m.Name)
	}
	for _, m := range h.Registry.List() {
		names = append(names, m.Name)
	}
	for _, name := range names {
		if strings.Contains(err.Error(), name) && !h.mayKnow(by, name) {
			return errNotForYou
		}
	}
	return err
}

// errNotForYou replaces an error that would reveal a hidden mount.
const errNotForYou sentence = "This cannot be done: ask the operator why"
