package ingest

import (
	"strings"
	"testing"
	"time"

	"relay/auth"
)

// An encoder whose login was not checked is told when to come again, and not asked
// for another login: some encoders never come back after a 401.
func TestLoginsThatWereNotLookedAt(t *testing.T) {
	for status, refusal := range map[string]*auth.Refusal{
		"429": {RetryAfter: 5 * time.Second},
		"503": {RetryAfter: 5 * time.Second, Busy: true},
	} {
		answer := string(loginRefused(refusal).answer(time.Now()))
		if !strings.HasPrefix(answer, "HTTP/1.0 "+status+" ") || !strings.Contains(answer, "\r\nRetry-After: 5\r\n") ||
			strings.Contains(answer, "WWW-Authenticate") {
			t.Errorf("%s: %q", status, answer)
		}
	}
}
