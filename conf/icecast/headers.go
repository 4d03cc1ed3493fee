package icecast

import (
	"strings"

	"relay/conf"
)

// readHeaders reads the headers of all mounts.
func (c *Config) readHeaders() {
	for _, e := range c.root.takeAll("http-headers") {
		c.headers = append(c.headers, e.takeAll("header")...)
	}
}

// setHeaders sets the headers of a mount: first those of all mounts, then its own,
// since the last one of a name counts.
func (c *Config) setHeaders(t *table, own []*element) {
	headers, names := conf.Headers{}, map[string]string{}
	var from *element
	for _, e := range append(c.headers[:len(c.headers):len(c.headers)], own...) {
		name, value := e.attr("name"), e.attr("value")
		if why := c.whyNot(e, name, value); why != "" {
			continue
		}
		delete(headers, names[strings.ToLower(name)])
		names[strings.ToLower(name)] = name
		headers[name] = value
		from = e
	}
	if from != nil {
		t.put("headers", headers, from)
	}
}

// whyNot returns why relay cannot send a header with a mount's streams; empty: it can.
func (c *Config) whyNot(e *element, name, value string) string {
	switch {
	case strings.EqualFold(name, "Access-Control-Allow-Origin") && value == "*":
		return "relay's answers may be read by pages of every origin anyway"
	case e.attr("status") != "" && e.attr("status") != "200":
		return "a mount's headers are those of its stream, and of no error"
	}
	return conf.HeaderProblem(name, value)
}

// loseHeaders adds notes about the headers that are left out.
func (c *Config) loseHeaders(headers []*element) {
	for _, e := range headers {
		if why := c.whyNot(e, e.attr("name"), e.attr("value")); why != "" {
			kind := Lost
			if strings.EqualFold(e.attr("name"), "Access-Control-Allow-Origin") {
				kind = Unneeded
			}
			c.lose(kind, e, why)
		}
	}
}
