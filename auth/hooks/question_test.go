package hooks

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

// A redirect counts as an answer, unless it leads to the same host with the same question.
func TestRedirects(t *testing.T) {
	var asked, elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		elsewhere.Add(1)
		w.Header().Set("icecast-auth-user", "1")
	}))
	defer other.Close()
	away := strings.Replace(other.URL, "127.0.0.1", "localhost", 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		switch r.URL.Path {
		case "/here":
			http.Redirect(w, r, "/final", http.StatusTemporaryRedirect)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusTemporaryRedirect)
		case "/get":
			http.Redirect(w, r, "/final", http.StatusFound)
		case "/away":
			http.Redirect(w, r, away, http.StatusTemporaryRedirect)
		case "/port":
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		case "/final":
			if body, _ := io.ReadAll(r.Body); !strings.HasPrefix(string(body), "action=") {
				t.Errorf("the form got lost: %q", body)
			}
			w.Header().Set("icecast-auth-user", "1")
		}
	}))
	defer server.Close()
	for _, tt := range []struct {
		path, refused string
		asked         int32
	}{
		{"/here", "", 2},
		{"/loop", `"307 Temporary Redirect", has no`, maxRedirects + 1},
		{"/get", `"302 Found", has no`, 1},
		{"/away", `"307 Temporary Redirect", has no`, 1},
		{"/port", `"307 Temporary Redirect", has no`, 1},
	} {
		asked.Store(0)
		h, _ := newHooks(t)
		checkVerdict(t, listen(t.Context(), h, server.URL+tt.path, "ann", "x"), tt.refused)
		if asked.Load() != tt.asked {
			t.Errorf("%s: asked %d times, want %d", tt.path, asked.Load(), tt.asked)
		}
		h.client.CloseIdleConnections()
	}
	if elsewhere.Load() != 0 {
		t.Error("another host was asked")
	}
}

func TestHookStaysAtItsServer(t *testing.T) {
	for _, tt := range []struct {
		from, to string
		same     bool
	}{
		{"http://a.example/x", "http://a.example:80/y", true},
		{"https://a.example:8443/x", "https://A.example:8443/y", true},
		{"http://a.example/x", "https://a.example/x", true},
		{"http://a.example:80/x", "https://a.example:443/x", true},
		{"https://a.example/x", "http://a.example/x", false},
		{"http://a.example/x", "http://a.example:8080/x", false},
		{"http://a.example:8080/x", "https://a.example/x", false},
		{"http://a.example/x", "https://a.example:8443/x", false},
		{"http://a.example/x", "http://b.example/x", false},
	} {
		from, _ := url.Parse(tt.from)
		to, _ := url.Parse(tt.to)
		if got := sameServer(from, to); got != tt.same {
			t.Errorf("%s to %s: %v", tt.from, tt.to, got)
		}
	}
}
