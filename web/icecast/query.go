package icecast

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"relay/icy"
)

// maxForm bounds the body of a POST, in bytes. It is twice what a metadata block can
// hold.
const maxForm = 8 << 10

var errLongForm = errors.New("the form is larger than 8 KiB")

// query reads the parameters of a request. They may name a mount in each way that a
// source may name it.
func (h *Handlers) query(raw string) icy.Query {
	q := icy.ParseQuery(raw)
	for _, name := range []string{"mount", "destination", "fallback"} {
		if q[name] != "" {
			q[name] = h.Conf.Config().SourceMount(q[name])
		}
	}
	return q
}

// titleQuery is query for requests that may be POST, with parameters in the body too. A
// parameter in the address takes precedence.
func (h *Handlers) titleQuery(w http.ResponseWriter, r *http.Request) (icy.Query, error) {
	if r.Method != http.MethodPost || r.Body == http.NoBody {
		return h.query(r.URL.RawQuery), nil
	}
	if r.ContentLength > maxForm {
		return nil, errLongForm
	}
	form, charset, err := readForm(w, r)
	if err != nil {
		return nil, err
	}
	q := h.query(strings.Trim(r.URL.RawQuery+"&"+form, "&"))
	if q["charset"] == "" && charset != "" {
		q["charset"] = charset
	}
	return q, nil
}

// formProblem answers a request whose form cannot be read.
func formProblem(w http.ResponseWriter, err error) {
	status := http.StatusBadRequest
	if errors.Is(err, errLongForm) {
		status = http.StatusRequestEntityTooLarge
	}
	errorPage(w, status, err.Error())
}

// readForm returns the parameters in the body of a POST as a query string, and the
// charset in its Content-Type, if any.
func readForm(w http.ResponseWriter, r *http.Request) (form, charset string, err error) {
	kind, parameters, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if kind == "multipart/form-data" {
		if err := r.ParseMultipartForm(maxForm); err != nil {
			return "", "", formError(err)
		}
		defer r.MultipartForm.RemoveAll()
		return url.Values(r.MultipartForm.Value).Encode(), "", nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return "", "", formError(err)
	}
	return strings.Trim(string(body), "\r\n"), parameters["charset"], nil
}

// formError returns the error for the client about a body that cannot be read.
func formError(err error) error {
	var tooLong *http.MaxBytesError
	if errors.As(err, &tooLong) {
		return errLongForm
	}
	return errors.New("the form cannot be read: " + err.Error())
}
