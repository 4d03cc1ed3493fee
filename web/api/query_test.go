package api

import (
	"errors"
	"net/http"
	"net/url"
	"testing"
)

// FuzzQuery: a query is valid or a client's error, and no page of a list is larger
// than allowed.
func FuzzQuery(f *testing.F) {
	for _, seed := range []string{"", "limit=10&offset=0", "limit=0", "limit=1001", "offset=-1", "offset=99999999999999999999",
		"limit=1&limit=2", "limit=%31", "limit=%zz", "limit=1;offset=2", "limit=+1", "limit= 1", "evil=1", "limit", "&&&=", "%6cimit=0x10"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		var problem *Problem
		query, err := queryOf(&http.Request{URL: &url.URL{RawQuery: raw}}, []string{"limit", "offset"})
		if err != nil {
			if !errors.As(err, &problem) || problem.Status != http.StatusBadRequest {
				t.Errorf("%q: %v", raw, err)
			}
			return
		}
		for name, values := range query {
			if name != "limit" && name != "offset" || len(values) != 1 {
				t.Errorf("%q has %q: %q", raw, name, values)
			}
		}
		offset, limit, err := pageIn(query, usualItems)
		switch {
		case err != nil && (!errors.As(err, &problem) || problem.Status != http.StatusBadRequest):
			t.Errorf("%q: %v", raw, err)
		case err == nil && (offset < 0 || limit < 1 || limit > maxItems):
			t.Errorf("%q: %d from %d", raw, limit, offset)
		case err == nil && !query.Has("limit") && limit != usualItems:
			t.Errorf("%q: %d are usual", raw, limit)
		}
	})
}
