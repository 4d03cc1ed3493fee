package icecast

import (
	"net/http"
	"strings"

	"go.uber.org/zap"

	"relay/icy"
	"relay/internal/logging"
	"relay/mounts"
)

// Metadata answers /admin/metadata, by which DJ software sets titles, in Icecast's words
// (e2e/recorded/admin-metadata-*.txt). It sets the title before it writes anything, since
// some programs close the connection without reading the answer.
func (h *Handlers) Metadata(w http.ResponseWriter, r *http.Request) {
	if _, _, given := r.BasicAuth(); !given { // the form is not read
		h.unauthorized(w, r, errNoLogin)
		return
	}
	q, err := h.titleQuery(w, r)
	if err != nil {
		formProblem(w, err)
		return
	}
	mount := q["mount"]
	if err := h.Gate.Program(r, mount); err != nil {
		h.unauthorized(w, r, err)
		return
	}
	switch {
	case !h.isOwn(r):
		refuseOrigin(w)
	case mount == "":
		badRequest(w, errUnknownRequest.Error())
	case !q.Has("mode"):
		badRequest(w, errMissingParameter.Error())
	case q["mode"] != "updinfo":
		h.answerMetadata(w, r, response("No such action", false))
	default:
		user, _, _ := r.BasicAuth()
		if _, err := h.updateTitle(mount, user, q); err != nil {
			badRequest(w, err.Error())
			return
		}
		h.answerMetadata(w, r, response("Metadata update successful", true))
	}
}

// answerMetadata answers as XML, or as a page at metadata.xsl.
func (h *Handlers) answerMetadata(w http.ResponseWriter, r *http.Request, e element) {
	if strings.HasSuffix(r.URL.Path, ".xsl") {
		writePage(w, "Metadata", e)
		return
	}
	writeXML(w, e)
}

// updateTitle sets the title in a request on a mount, for the login of user. The mount
// need not play yet. If the request has no title, given is false and nothing changes.
// The error is a sentence for the client.
func (h *Handlers) updateTitle(mount, user string, q icy.Query) (given bool, err error) {
	if named := q["charset"]; named != "" && !icy.KnowsCharset(named) {
		h.Log.Warn("unknown charset of a title: it is detected instead",
			zap.String("mount", mount), zap.String("charset", icy.CutText(named, 64)), logging.LimitPer(mount))
	}
	title, given := titleFrom(q, h.Registry.Charset(mount))
	switch {
	case !given:
		return false, nil
	case !h.Registry.SetTitle(mount, user, title):
		return given, errNoSource
	}
	return given, nil
}

// titleFrom returns the title in a metadata request: song=, or artist= and title=. given
// is false if the request has no title.
func titleFrom(q icy.Query, mountCharset string) (t mounts.Title, given bool) {
	text := func(name string) string { return icy.Text(q[name], q["charset"], mountCharset) }
	switch {
	case q.Has("song"):
		t.Text = text("song")
	case q["artist"] != "" && q["title"] != "":
		t.Text = text("artist") + " - " + text("title")
	case q.Has("title"):
		t.Text = text("title")
	default:
		return mounts.Title{}, false
	}
	t.URL = icy.Given(text("url"))
	return t, true
}

// badRequest answers 400 with Icecast's error page. Scripts look for the sentence.
func badRequest(w http.ResponseWriter, sentence string) {
	errorPage(w, http.StatusBadRequest, sentence)
}
