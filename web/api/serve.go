package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

	"github.com/gorilla/mux"
	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/internal/logging"
	"relay/internal/netconn"
)

// A call is one request of an operation.
type call struct {
	w      http.ResponseWriter
	r      *http.Request
	by     caller
	config *conf.Config // in force when the caller was last recognised
	mount  string       // the mount in the path; empty: there is none
	query  url.Values   // only parameters of the operation, each once

	maxBody int64
}

// serve returns the handler of an operation; it carries it out if the caller may use
// it.
func (h *Handlers) serve(op operation) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w)
		if op.who == anyone && op.reads() {
			w.Header().Set("Access-Control-Allow-Origin", "*")
		} else {
			w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
		}
		c := &call{w: w, r: r, config: h.Conf.Config(), maxBody: op.maxBody()}
		if err := h.run(op, c); err != nil {
			var p *Problem
			if !errors.As(err, &p) {
				h.Log.Error("cannot answer a request", zap.String("path", r.URL.Path), zap.Error(err), logging.LimitPerClient(netconn.Client(r)))
				p = problem(http.StatusInternalServerError, "the server failed to do this")
			}
			p.write(w, r)
		}
	})
}

func (h *Handlers) run(op operation, c *call) error {
	if !op.reads() && auth.OriginOf(c.r, h.Conf.Config().BaseURL()) == auth.OtherPage {
		return problem(http.StatusForbidden, "the request comes from a page of another site")
	}
	if name, found := mux.Vars(c.r)["mount"]; found {
		bare, err := url.PathUnescape(name)
		if err != nil {
			return noMount("/" + name)
		}
		c.mount = "/" + bare
	}
	if err := h.admit(op, c); err != nil {
		return err
	}
	var err error
	if c.query, err = queryOf(c.r, op.query); err != nil {
		return err
	}
	if err := op.do(h, c); err != nil {
		return err
	}
	if !op.reads() && op.who != loggedIn && op.who != anyone {
		limit := logging.LimitPerClient(netconn.Client(c.r))
		if c.by.operator {
			limit = zap.Skip() // every action with the operator's login is logged
		}
		h.Log.Info("operator's request", zap.String("request", c.r.Method+" "+c.r.URL.Path), zap.String("user", c.by.user), zap.Stringer("ip", netconn.Client(c.r)), limit)
	}
	return nil
}

// secure sets the headers of every answer: do not store it, and do not guess its
// type.
func secure(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
}

// answer answers with v as JSON.
func (c *call) answer(status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", jsonType)
	c.w.WriteHeader(status)
	c.w.Write(append(body, '\n')) // an error means that the client has left
	return nil
}

// done answers without content.
func (c *call) done() error {
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// body returns the request's body. The caller must have been admitted first. The
// error is a *Problem.
func (c *call) body() ([]byte, error) { return readBody(c.w, c.r, c.maxBody) }

// A list is a page of a longer list.
type list[T any] struct {
	Items []T `json:"items"`
	Total int `json:"total"` // length of the longer list
}

// all returns items as a list with one page.
func all[T any](items []T) list[T] {
	if items == nil {
		items = []T{}
	}
	return list[T]{items, len(items)}
}
