package api

import (
	"net/http/httptest"
	"testing"
)

func TestScriptsAreToldFromPeople(t *testing.T) {
	const browser = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"
	for _, test := range []struct {
		agent, accept, mode string
		script              bool
	}{
		{"curl/8.0", "*/*", "", false},
		{"", "", "", false},
		{browser, "text/html,application/xhtml+xml,*/*;q=0.8", "", false},
		{browser, "text/html", "navigate", false},
		{browser, "*/*", "", true},
		{browser, "text/event-stream", "", true},
		{browser, "*/*", "cors", true},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("User-Agent", test.agent)
		r.Header.Set("Accept", test.accept)
		if test.mode != "" {
			r.Header.Set("Sec-Fetch-Mode", test.mode)
		}
		if got := isScript(r); got != test.script {
			t.Errorf("%+v: %v", test, got)
		}
	}
}
