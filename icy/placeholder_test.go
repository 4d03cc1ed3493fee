package icy_test

import (
	"net/http"
	"testing"

	"relay/icy"
)

// A placeholder counts as empty in every station word.
func TestPlaceholdersAreNoWords(t *testing.T) {
	for _, raw := range []string{
		"", " ", "(null)", "(NULL)", " (null) ", "http://(null)", "https://(null)/", "http://", "null", "undefined", "http://undefined",
		`"(null)"`, "no name", "Unspecified name", "Unspecified description", "%28null%29", "http://%28null%29/", "(nil)", "[object Object]",
	} {
		for _, prefix := range []string{"Ice-", "Icy-"} {
			h := http.Header{}
			for _, name := range []string{"Name", "Description", "Genre", "Url", "Audio-Info"} {
				h.Set(prefix+name, raw)
			}
			if s := icy.StationFromHeader(h, ""); s != (icy.Station{}) {
				t.Errorf("%s…: %q gives %+v", prefix, raw, s)
			}
		}
	}
	both := http.Header{"Ice-Name": {"(null)"}, "Icy-Name": {"Radio"}, "Ice-Url": {"http://(null)"}, "Icy-Url": {"http://radio.example/"}}
	if s := icy.StationFromHeader(both, ""); s.Name != "Radio" || s.URL != "http://radio.example/" {
		t.Errorf("the other dialect's words are not taken: %+v", s)
	}
	for _, raw := range []string{"Null Radio", "Undefined FM", "Radio (null)", "http://null.example/", "No Name Radio", "Nilla", "-"} {
		if s := icy.StationFromHeader(http.Header{"Ice-Name": {raw}, "Ice-Url": {raw}}, ""); s.Name != raw || s.URL != raw {
			t.Errorf("%q gives %+v", raw, s)
		}
	}
}
