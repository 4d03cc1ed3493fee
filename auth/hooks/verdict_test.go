package hooks

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHookSendsListenersOn(t *testing.T) {
	var status int
	var header http.Header
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
	}))
	defer server.Close()
	const away = "http://other.example:8000/live?a=b&c=%20"
	for _, tt := range []struct {
		name     string
		status   int
		location []string
		user     string // icecast-auth-user
		to       string
		refused  string
	}{
		{"found", 302, []string{away}, "", away, ""},
		{"moved", 301, []string{away}, "", away, ""},
		{"see other", 303, []string{"https://other.example/"}, "", "https://other.example/", ""},
		{"as icecast-kh has it", 200, []string{away}, "", away, ""},
		{"a clear no", 403, []string{away}, "0", away, ""},
		{"the same server", 302, []string{server.URL + "/stream"}, "", server.URL + "/stream", ""},
		{"another query", 302, []string{"http://example.com/url.mp3?again=1"}, "", "http://example.com/url.mp3?again=1", ""},
		{"a yes", 302, []string{away}, "1", "", ""},
		{"the question elsewhere", 307, []string{away}, "", "", "has no"},
		{"the question elsewhere for good", 308, []string{away}, "", "", "has no"},
		{"the hook itself", 302, []string{server.URL + "/"}, "", "", "has no"},
		{"the hook by TLS", 301, []string{strings.Replace(server.URL, "http", "https", 1)}, "", "", "has no"},
		{"a path alone", 302, []string{"/other"}, "", "", "has no"},
		{"a host alone", 302, []string{"//other.example/"}, "", "", "has no"},
		{"a script", 302, []string{"javascript:alert(1)"}, "", "", "has no"},
		{"a file", 302, []string{"file:///etc/passwd"}, "", "", "has no"},
		{"a login", 302, []string{"http://user:secret@other.example/"}, "", "", "has no"},
		{"blanks", 302, []string{"http://other.example/a b"}, "", "", "has no"},
		{"bytes beyond ASCII", 302, []string{"http://other.example/\xe4"}, "", "", "has no"},
		{"too long", 302, []string{"http://other.example/" + strings.Repeat("x", maxLocation)}, "", "", "has no"},
		{"two of them", 302, []string{away, "http://another.example/"}, "", "", "has no"},
		{"a server in trouble", 502, []string{away}, "", "", "gives no answer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, header = tt.status, http.Header{"Location": tt.location}
			if tt.user != "" {
				header.Set("Icecast-Auth-User", tt.user)
			}
			h, _ := newHooks(t)
			v := listen(t.Context(), h, server.URL, "ann", "x")
			switch {
			case tt.to != "" && (v.Answer != Redirect || v.Location != tt.to):
				t.Errorf("got %+v", v)
			case tt.to == "":
				checkVerdict(t, v, tt.refused)
				if v.Answer == Redirect || v.Location != "" {
					t.Errorf("sent to %q", v.Location)
				}
			}
			if _, _, redirects, _ := h.Answers(); tt.to != "" && redirects != 1 {
				t.Errorf("counted %d", redirects)
			}
			if v := send(t.Context(), h, server.URL, "ann", "x"); tt.to != "" && v.Answer == Yes {
				t.Error("a source is let in")
			} else if v.Answer == Redirect || v.Location != "" {
				t.Error("a source is sent on")
			}
		})
	}
}
