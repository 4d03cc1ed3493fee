package admin

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"relay/icy"
)

// longestForm bounds the body of a POST, in bytes. What a block has room for is
// half of it.
const longestForm = 8 << 10

var errLongForm = errors.New("the form is larger than 8 KiB")

// query reads the parameters of a request. Those that name a mount may do so in any way
// that a source may.
func (h *Handlers) query(raw string) icy.Query {
	q := icy.ParseQuery(raw)
	for _, name := range []string{"mount", "destination", "fallback"} {
		if q[name] != "" {
			q[name] = h.Conf.Config().SourceMount(q[name])
		}
	}
	return q
}

// titleQuery is query for requests that may be POST, whose body has parameters too. Of
// one that is in the address as well, that counts.
func (h *Handlers) titleQuery(w http.ResponseWriter, r *http.Request) (icy.Query, error) {
	if r.Method != http.MethodPost || r.Body == http.NoBody {
		return h.query(r.URL.RawQuery), nil
	}
	if r.ContentLength > longestForm {
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

// formProblem answers a form that cannot be read.
func formProblem(w http.ResponseWriter, err error) {
	status := http.StatusBadRequest
	if errors.Is(err, errLongForm) {
		status = http.StatusRequestEntityTooLarge
	}
	errorPage(w, status, err.Error())
}

// readForm returns the parameters in the body of a POST, written as in a query, and the
// charset that its head names.
func readForm(w http.ResponseWriter, r *http.Request) (form, charset string, err error) {
	kind, parameters, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	r.Body = http.MaxBytesReader(w, r.Body, longestForm)
	if kind == "multipart/form-data" {
		if err := r.ParseMultipartForm(longestForm); err != nil {
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

// formError is what the client is told of a body that cannot be read.
func formError(err error) error {
	var tooLong *http.MaxBytesError
	if errors.As(err, &tooLong) {
		return errLongForm
	}
	return errors.New("the form cannot be read: " + err.Error())
}
