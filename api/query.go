package api

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// queryOf returns the query of a request, which must have no others than the
// known parameters, each at most once. The error is a *Problem.
func queryOf(r *http.Request, known ...string) (url.Values, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, problem(http.StatusBadRequest, "the query cannot be read")
	}
	for name, values := range query {
		if !slices.Contains(known, name) {
			return nil, problem(http.StatusBadRequest, "there is no parameter %q here", name)
		}
		if len(values) > 1 {
			return nil, problem(http.StatusBadRequest, "the parameter %q is given twice", name)
		}
	}
	return query, nil
}

// pageIn returns which part of a list is asked for. The error is a *Problem.
func pageIn(query url.Values, usual int) (offset, limit int, err error) {
	if offset, err = wholeNumber(query, "offset", 0, 0, 1<<31-1); err != nil {
		return 0, 0, err
	}
	limit, err = wholeNumber(query, "limit", usual, 1, mostItems)
	return offset, limit, err
}

// How many items an answer has.
const (
	usualItems = 100
	mostItems  = 1000
)

// wholeNumber returns a parameter of a query, or usual when it is not given.
// The error is a *Problem.
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
