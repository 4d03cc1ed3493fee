package icecast

import (
	"bufio"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/mounts"
)

func TestWatchersAreFew(t *testing.T) {
	c, err := conf.Parse("relay.toml", []byte("auth.admin_password = 'adminpass'"))
	if err != nil {
		t.Fatal(err)
	}
	live := conf.NewLive(c)
	h := &Handlers{Conf: live, Registry: mounts.NewRegistry(live, nil, zap.NewNop()), Gate: auth.NewGate(live, zap.NewNop()), Traffic: noTraffic{}, Log: zap.NewNop()}
	req := httptest.NewRequest("STATS", "/", nil)
	req.SetBasicAuth("admin", "adminpass")
	for watching, want := range map[int64]int{maxWatching - 1: http.StatusOK, maxWatching: http.StatusServiceUnavailable} {
		h.watching.Store(watching)
		ours, theirs := net.Pipe()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			h.Watch(ours, req)
		}()
		answer, err := http.ReadResponse(bufio.NewReader(theirs), nil)
		if err != nil {
			t.Fatal(err)
		}
		if answer.StatusCode != want || (answer.Header.Get("Retry-After") != "") != (want != http.StatusOK) {
			t.Errorf("with %d who watch: %s, %v", watching, answer.Status, answer.Header)
		}
		theirs.Close()
		<-ended
		if n := h.watching.Load(); n != watching {
			t.Errorf("%d watch, not %d", n, watching)
		}
	}
}
