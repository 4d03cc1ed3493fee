package api

import (
	"encoding/json"
	"net/http"

	"relay/internal/logtail"
)

// log lists the last lines of the server's own log, the oldest first.
func (h *Handlers) log(c *call) error {
	n, err := wholeNumber(c.query, "lines", usualItems, 1, maxItems)
	if err != nil {
		return err
	}
	lines, _ := h.Tail.Last(n)
	for i := range lines {
		lines[i] = printable(lines[i])
	}
	return c.answer(http.StatusOK, all(lines))
}

// printable returns a line that JSON can encode: without its fields if one of them
// cannot be encoded.
func printable(l logtail.Line) logtail.Line {
	if _, err := json.Marshal(l.Fields); err != nil || l.Fields == nil {
		l.Fields = map[string]any{}
	}
	return l
}
