package api

import (
	"encoding/json"
	"net/http"

	"relay/journal"
)

// log lists the last lines of the server's own log, the oldest first.
func (h *Handlers) log(c *call) error {
	query, err := queryOf(c.r, "lines")
	if err != nil {
		return err
	}
	n, err := wholeNumber(query, "lines", usualItems, 1, mostItems)
	if err != nil {
		return err
	}
	lines, _ := h.Tail.Last(n)
	for i := range lines {
		lines[i] = printable(lines[i])
	}
	return c.answer(http.StatusOK, all(lines))
}

// printable returns a line that JSON can hold: without its fields, when one of
// them is a thing that has no text.
func printable(l journal.Line) journal.Line {
	if _, err := json.Marshal(l.Fields); err != nil || l.Fields == nil {
		l.Fields = map[string]any{}
	}
	return l
}
