package icecast

import (
	"cmp"
	"fmt"
	"html"
	"net/http"

	"relay/auth"
	"relay/icy"
)

// AdminCGI answers /admin.cgi, SHOUTcast's one address for all commands. The parameter
// mode= names the command.
func (h *Handlers) AdminCGI(w http.ResponseWriter, r *http.Request) {
	q, err := h.titleQuery(w, r)
	if err != nil {
		formProblem(w, err)
		return
	}
	switch q["mode"] {
	case "updinfo":
		h.updateInfo(w, r, q)
	case "viewxml", "viewjson":
		if h.mayView(w, r, q) {
			h.view(w, q)
		}
	default:
		badRequest(w, "Missing parameter")
	}
}

// updateInfo sets a title as SHOUTcast sources do, and answers in Icecast's words
// (e2e/recorded/admin-cgi.txt). It does so for any mount, whichever protocol its source
// uses.
func (h *Handlers) updateInfo(w http.ResponseWriter, r *http.Request, q icy.Query) {
	mount, user, ok := h.shoutcastLogin(w, r, q)
	if !ok {
		return
	}
	if q["pass"] == "" && !h.isOwn(r) { // a browser adds pass= to no request by itself
		refuseOrigin(w)
		return
	}
	given, err := h.updateTitle(mount, user, q)
	switch {
	case err != nil:
		badRequest(w, err.Error())
	case !given:
		badRequest(w, "Missing parameter")
	default:
		writeDone(w, "Metadata update successful")
	}
}

// writeDone answers with Icecast's page for a command that succeeded. Scripts look for
// the sentence.
func writeDone(w http.ResponseWriter, sentence string) {
	noCache(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "<html><head><title>Admin request successful</title></head><body><p>%s</p></body></html>", html.EscapeString(sentence))
}

// mayView checks the login of a request for statistics, which must be the operator's or
// that of the mount's source. It returns false if it has answered the request.
func (h *Handlers) mayView(w http.ResponseWriter, r *http.Request, q icy.Query) bool {
	mount := q["mount"]
	if m := h.shoutcastMount(q); m != nil {
		mount = m.Name
	}
	var err error
	switch _, _, basic := r.BasicAuth(); {
	case q["pass"] != "":
		var opened string
		opened, _, err = h.Gate.AdminPasswordLine(r, q["pass"], mount)
		if err == nil && opened != mount {
			err = &auth.Refusal{Reason: "the password is for " + opened + ", not for " + mount}
		}
	case basic:
		err = h.Gate.Program(r, mount)
	default:
		err = errNoLogin
	}
	if err != nil {
		h.unauthorized(w, r, err)
	}
	return err == nil
}

var errNoLogin = &auth.Refusal{Missing: true, Reason: "no login was given"}

// shoutcastLogin checks the login of a request for one mount, and returns the mount and
// the user of the login. The mount is that of mount=, or of pass=, or
// server.shoutcast_mount. The login is in pass=, in any form of a SHOUTcast source's
// password line, or in the request's head. ok is false if the request has been
// answered.
func (h *Handlers) shoutcastLogin(w http.ResponseWriter, r *http.Request, q icy.Query) (mount, user string, ok bool) {
	standard := cmp.Or(q["mount"], h.Conf.Config().Server.ShoutcastMount)
	_, _, basic := r.BasicAuth()
	var err error
	switch {
	case q["pass"] != "":
		mount, user, err = h.Gate.AdminPasswordLine(r, q["pass"], standard)
		if err == nil && q["mount"] != "" && mount != q["mount"] {
			err = &auth.Refusal{Reason: "the password is for " + mount + ", not for " + q["mount"]}
		}
	case basic:
		mount, err = standard, h.Gate.Program(r, standard)
		user, _, _ = r.BasicAuth()
	default:
		badRequest(w, "missing pass parameter")
		return "", "", false
	}
	if err != nil {
		h.unauthorized(w, r, err)
		return "", "", false
	}
	return mount, user, true
}
