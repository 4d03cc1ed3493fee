package api

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// Problem is an error answer (RFC 9457). Its type is always "about:blank": the status
// says which kind of error it is.
type Problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"` // of the status
	Status   int    `json:"status"`
	Detail   string `json:"detail"`   // a sentence
	Instance string `json:"instance"` // the path of the request
	// Errors are the single errors of a configuration.
	Errors []ConfigError `json:"errors,omitempty"`
}

// ConfigError is one error in a configuration.
type ConfigError struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"` // from 1
	Key    string `json:"key,omitempty"`  // with its tables, such as "limits.burst"
	Detail string `json:"detail"`
}

// Error implements error, so that an operation can return a *Problem.
func (p *Problem) Error() string { return p.Detail }

// problem returns a problem with a sentence as its detail.
func problem(status int, format string, args ...any) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: fmt.Sprintf(format, args...)}
}

// tryLater returns a problem that may pass, with a Retry-After in the answer.
func tryLater(c *call, status int, reason error) *Problem {
	c.w.Header().Set("Retry-After", "10")
	return problem(status, "%v", reason)
}

// write answers a request with the problem.
func (p *Problem) write(w http.ResponseWriter, r *http.Request) {
	said := *p
	said.Instance = r.URL.EscapedPath()
	body, err := json.Marshal(said)
	if err != nil { // a struct of strings and numbers
		panic(err)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	w.Write(append(body, '\n'))
}
