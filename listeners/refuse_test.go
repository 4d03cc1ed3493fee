package listeners

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
)

// A player whose login the server had no time to check is asked to come again with
// it.
func TestABusyServerIsToBeAskedAgain(t *testing.T) {
	c, in := station(t, "")
	w := NewWriters(conf.NewLive(c), auth.NewGate(conf.NewLive(c), zap.NewNop()), nil, zap.NewNop())
	client, conn := net.Pipe()
	defer client.Close()
	req, _ := http.NewRequest(http.MethodGet, "/live", nil)
	go w.refuse(conn, in.Mount, newListener(req), &auth.Refusal{Busy: true, RetryAfter: 5 * time.Second})
	answer, err := io.ReadAll(client)
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.0 503 ") || !strings.Contains(string(answer), "\r\nRetry-After: 5\r\n") {
		t.Errorf("%q, %v", answer, err)
	}
}
