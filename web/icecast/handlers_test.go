package icecast

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"go.uber.org/zap"

	"relay/auth"
)

// A client that should try again later with the same login is not asked for another
// login.
func TestRefusals(t *testing.T) {
	for name, tt := range map[string]struct {
		refusal        *auth.Refusal
		status         int
		later, another string
	}{
		"wrong":    {&auth.Refusal{}, http.StatusUnauthorized, "", `Basic realm="relay"`},
		"slowed":   {&auth.Refusal{RetryAfter: 4 * time.Second}, http.StatusTooManyRequests, "4", ""},
		"too busy": {&auth.Refusal{RetryAfter: 5 * time.Second, Busy: true}, http.StatusServiceUnavailable, "5", ""},
	} {
		h := &Handlers{Log: zap.NewNop()}
		w := httptest.NewRecorder()
		h.unauthorized(w, httptest.NewRequest(http.MethodGet, "/admin/stats", nil), tt.refusal)
		if w.Code != tt.status || w.Header().Get("Retry-After") != tt.later || w.Header().Get("WWW-Authenticate") != tt.another {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
	}
}

type noTraffic struct{}

func (noTraffic) Open() int64     { return 0 }
func (noTraffic) Accepted() int64 { return 0 }
func (noTraffic) Requests() int64 { return 0 }
func (noTraffic) Files() int64    { return 0 }
