package api

import (
	"net/http/httptest"
	"testing"
)

func TestForeignRequests(t *testing.T) {
	for _, test := range []struct {
		name, method string
		header       map[string]string
		foreign      bool
	}{
		{"a program", "POST", nil, false},
		{"our page", "POST", map[string]string{"Origin": "http://radio.example:8000"}, false},
		{"our page, told by the browser", "POST", map[string]string{"Sec-Fetch-Site": "same-origin"}, false},
		{"another site's link", "GET", map[string]string{"Sec-Fetch-Site": "cross-site"}, false},
		{"another site", "POST", map[string]string{"Origin": "http://evil.example"}, true},
		{"another site, told by the browser", "DELETE", map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, true},
		{"another port", "POST", map[string]string{"Origin": "http://radio.example:9000"}, true},
		{"another name of the site", "POST", map[string]string{"Sec-Fetch-Site": "same-site", "Origin": "http://www.radio.example"}, true},
		{"no site", "POST", map[string]string{"Origin": "null"}, true},
		{"our page at the public address", "PUT", map[string]string{"Origin": "https://public.example"}, false},
		{"the public address without TLS", "PUT", map[string]string{"Origin": "http://public.example"}, true},
		{"our page behind a proxy", "PATCH", map[string]string{"Origin": "https://front.example", "X-Forwarded-Host": "front.example"}, false},
		{"another site before the proxy", "PATCH", map[string]string{"Origin": "https://evil.example", "X-Forwarded-Host": "front.example"}, true},
	} {
		r := httptest.NewRequest(test.method, "http://radio.example:8000/api/v1/reload", nil)
		for name, value := range test.header {
			r.Header.Set(name, value)
		}
		if got := isForeign(r, "https://public.example"); got != test.foreign {
			t.Errorf("%s: foreign: %v", test.name, got)
		}
	}
}

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
