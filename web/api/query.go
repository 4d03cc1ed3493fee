package api

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"relay/icy"
)

// queryOf returns the query of a request, which must have only known parameters, each
// at most once. The error is a *Problem.
func queryOf(r *http.Request, known []string) (url.Values, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, problem(http.StatusBadRequest, "the query cannot be read")
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		values := query[name]
		if !slices.Contains(known, name) {
			return nil, unknownParameter(name, known)
		}
		if len(values) > 1 {
			return nil, problem(http.StatusBadRequest, "the parameter %q is given twice", name)
		}
	}
	return query, nil
}

// unknownParameter returns the Problem that an operation has no such parameter, with
// the ones it has.
func unknownParameter(name string, known []string) *Problem {
	name = icy.CutText(name, maxName)
	if len(known) == 0 {
		return problem(http.StatusBadRequest, "there is no parameter %q: this path takes none", name)
	}
	return problem(http.StatusBadRequest, "there is no parameter %q: this path takes %s", name, strings.Join(known, ", "))
}

// maxName bounds how much of an unknown parameter's name is repeated, in bytes.
const maxName = 100

// pageIn returns the part of a list that a query asks for. The error is a *Problem.
func pageIn(query url.Values, usual int) (offset, limit int, err error) {
	if offset, err = wholeNumber(query, "offset", 0, 0, 1<<31-1); err != nil {
		return 0, 0, err
	}
	limit, err = wholeNumber(query, "limit", usual, 1, maxItems)
	return offset, limit, err
}

// How many items an answer has.
const (
	usualItems = 100
	maxItems   = 1000
)

// wholeNumber returns a parameter of a query, or usual if it is missing. The error is
// a *Problem.
func wholeNumber(query url.Values, name string, usual, least, most int) (int, error) {
	if !query.Has(name) {
		return usual, nil
	}
	n, err := strconv.Atoi(query.Get(name))
	if err != nil || n < least || n > most {
		return 0, problem(http.StatusBadRequest, "the parameter %q must be a whole number from %d to %d", name, least, most)
	}
	return n, nil
}
