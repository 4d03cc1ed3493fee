package admin

import (
	"net/http"
	"strings"

	"go.uber.org/zap"

	"relay/icy"
	"relay/internal/logging"
	"relay/mounts"
)

// Metadata answers /admin/metadata, by which DJ software sets titles, with
// Icecast's words (wire/admin-metadata-*.txt). The title is set before
// anything is written: some programs close without reading the answer.
func (h *Handlers) Metadata(w http.ResponseWriter, r *http.Request) {
	if _, _, given := r.BasicAuth(); !given { // whose form is not read
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

// answerMetadata answers as XML, or as a page under the name metadata.xsl.
func (h *Handlers) answerMetadata(w http.ResponseWriter, r *http.Request, e element) {
	if strings.HasSuffix(r.URL.Path, ".xsl") {
		writePage(w, "Metadata", e)
		return
	}
	writeXML(w, e)
}

// updateTitle sets the title in a request for a mount, which need not be up
// yet, with the login of user. given is false when the request holds none, which changes nothing. The
// error is a sentence for the client.
func (h *Handlers) updateTitle(mount, user string, q icy.Query) (given bool, err error) {
	if named := q["charset"]; named != "" && !icy.KnowsCharset(named) {
		h.Log.Warn("the charset of a title is unknown: the title is read as if it named none",
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

// titleFrom returns the title in a metadata request: song, or artist and
// title. given is false when the request holds none, which changes nothing.
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
	t.URL = text("url")
	return t, true
}

// badRequest answers with Icecast's error page; scripts look for the sentence.
func badRequest(w http.ResponseWriter, sentence string) {
	errorPage(w, http.StatusBadRequest, sentence)
}
