package listeners

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"relay/e2e/harness"
)

// A hook may redirect a listener to another server; access.log and the metrics show
// it.
func TestHookSendsListenersOn(t *testing.T) {
	t.Parallel()
	const away = "https://other.example/live?from=here"
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", away)
		w.WriteHeader(http.StatusFound)
	}))
	t.Cleanup(h.Close)
	access := filepath.Join(t.TempDir(), "access.log")
	r := harness.Start(t, harness.Config+fmt.Sprintf("access_file = '%s'\n[[mount]]\nname = '/live'\nlistener_auth.url = '%s/hook'\n", access, h.URL))
	r.Encode(t, "/live").Frames(t, 50)
	harness.Eventually(t, "the source", func() bool { return len(r.Sources(t)) == 1 })
	for _, method := range []string{"GET", "HEAD"} {
		p := r.Ask(t, method+" /live HTTP/1.0\r\nUser-Agent: "+method+"\r\n\r\n")
		if !strings.HasPrefix(p.Status, "HTTP/1.0 302 ") || p.Header["location"] != away {
			t.Errorf("%s: %q %q", method, p.Status, p.Header)
		}
	}
	harness.Eventually(t, "access.log", func() bool {
		text, _ := os.ReadFile(access)
		return strings.Count(string(text), `" 302 `) == 2
	})
	if _, _, body := r.Get(t, "/metrics"); !strings.Contains(body, `relay_hook_answers_total{answer="redirect"} 2`) {
		t.Errorf("the metrics have %s", harness.Tail(body, 5))
	}
}
