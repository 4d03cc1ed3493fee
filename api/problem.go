package api

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// Problem is an answer that says what is wrong, as RFC 9457 has it. Its type
// is always "about:blank": the status says what kind it is.
type Problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"` // of the status
	Status   int    `json:"status"`
	Detail   string `json:"detail"`   // a sentence
	Instance string `json:"instance"` // the path of the request
	// Errors are the single errors of a configuration.
	Errors []ConfigError `json:"errors,omitempty"`
}

// ConfigError is one error of a configuration.
type ConfigError struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"` // from 1
	Key    string `json:"key,omitempty"`  // with its tables, "limits.burst"
	Detail string `json:"detail"`
}

// Error makes a Problem something that a handler can return.
func (p *Problem) Error() string { return p.Detail }

// problem returns a problem with a sentence that says what is wrong.
func problem(status int, format string, args ...any) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: fmt.Sprintf(format, args...)}
}

// tryLater is a problem of which there may be nothing left in a while.
func tryLater(c *call, status int, reason error) *Problem {
	c.w.Header().Set("Retry-After", "10")
	return problem(status, "%v", reason)
}

// write answers a request with the problem.
func (p *Problem) write(w http.ResponseWriter, r *http.Request) {
	said := *p
	said.Instance = r.URL.EscapedPath()
	body, err := json.Marshal(said)
	if err != nil { // a struct of texts and numbers
		panic(err)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	w.Write(append(body, '\n'))
}
