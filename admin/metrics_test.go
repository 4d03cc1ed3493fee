package admin

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/mounts"
)

// playing lists what is said to play on which mount, `mount="/a",input="live"`.
func playing(t *testing.T, h *Handlers, operator bool) (inputs []string) {
	t.Helper()
	req := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	if operator {
		req.SetBasicAuth("admin", "adminpass")
	}
	w := httptest.NewRecorder()
	h.Metrics().ServeHTTP(w, req)
	for line := range strings.Lines(w.Body.String()) {
		if labels, is := strings.CutSuffix(line, "} 1\n"); is && strings.HasPrefix(line, "relay_mount_input{") {
			inputs = append(inputs, strings.TrimPrefix(labels, "relay_mount_input{"))
		}
	}
	return inputs
}

// A mount that is declared by name says that it waits, before its first source
// and after its last.
func TestDeclaredMountWithoutSourceWaits(t *testing.T) {
	c, err := conf.Parse("relay.toml", []byte(`
[auth]
admin_password = "adminpass"
[[mount]]
name = "/live"
[[mount]]
name = "/secret"
[[mount]]
name = "/*"
grace = "0s"
[[mount]]
name = "/se*"
hidden = true
`))
	if err != nil {
		t.Fatal(err)
	}
	live := conf.NewLive(c)
	h := &Handlers{Conf: live, Registry: mounts.NewRegistry(live, zap.NewNop()), Gate: auth.NewGate(live), Log: zap.NewNop()}
	holds := func(operator bool, want ...string) {
		t.Helper()
		if got := playing(t, h, operator); !slices.Equal(got, want) {
			t.Errorf("it plays %q, want %q", got, want)
		}
	}
	holds(false, `input="waiting",mount="/live"`)
	holds(true, `input="waiting",mount="/live"`, `input="waiting",mount="/secret"`)

	source, err := h.Registry.Attach("/live", mounts.Feed{Kind: mounts.Live})
	if err != nil {
		t.Fatal(err)
	}
	other, err := h.Registry.Attach("/undeclared", mounts.Feed{Kind: mounts.Live})
	if err != nil {
		t.Fatal(err)
	}
	holds(false, `input="live",mount="/live"`, `input="live",mount="/undeclared"`)

	gone, stop := h.Registry.Watch()
	defer stop()
	source.Detach()
	other.Detach()
	for len(h.Registry.List()) > 0 {
		<-gone
	}
	holds(false, `input="waiting",mount="/live"`)
}
