package api

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"

	"github.com/gorilla/mux"
	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/internal/logging"
)

// A call is one request for an operation.
type call struct {
	w      http.ResponseWriter
	r      *http.Request
	by     caller
	config *conf.Config // in force when the caller was last recognised
	mount  string       // the name in the path; empty: there is none

	maxBody int64
}

// serve does an operation for whoever may have it done.
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
				h.Log.Error("cannot answer a request", zap.String("path", r.URL.Path), zap.Error(err), logging.LimitPerClient(ipOf(r)))
				p = problem(http.StatusInternalServerError, "the server could not do this")
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
			return problem(http.StatusNotFound, "there is no mount of this name")
		}
		c.mount = "/" + bare
	}
	if err := h.admit(op, c); err != nil {
		return err
	}
	if err := op.do(h, c); err != nil {
		return err
	}
	if !op.reads() && op.who != loggedIn && op.who != anyone {
		limit := logging.LimitPerClient(ipOf(c.r))
		if c.by.operator {
			limit = zap.Skip() // what is done with the operator's login is on record
		}
		h.Log.Info("operator's request", zap.String("request", c.r.Method+" "+c.r.URL.Path), zap.String("user", c.by.user), zap.String("ip", ipOf(c.r)), limit)
	}
	return nil
}

// secure sets what every answer says: it is true for this moment only, and
// nothing but what its Content-Type says.
func secure(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
}

// answer sends v as JSON.
func (c *call) answer(status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", jsonType)
	c.w.WriteHeader(status)
	c.w.Write(append(body, '\n')) // whoever left does not need it
	return nil
}

// done answers that there is nothing more to say.
func (c *call) done() error {
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}

// body returns the request's body. It must not be asked for before it is known who
// calls. The error is a *Problem.
func (c *call) body() ([]byte, error) { return readBody(c.w, c.r, c.maxBody) }

// A list is a part of what there is.
type list[T any] struct {
	Items []T `json:"items"`
	Total int `json:"total"` // of all there is
}

// all returns a list of everything.
func all[T any](items []T) list[T] {
	if items == nil {
		items = []T{}
	}
	return list[T]{items, len(items)}
}

// ipOf returns the IP address a request comes from.
func ipOf(r *http.Request) string {
	ip, _, _ := net.SplitHostPort(r.RemoteAddr)
	return ip
}
