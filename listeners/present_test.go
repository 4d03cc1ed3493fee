package listeners

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/frames"
	"relay/frames/frametest"
	"relay/mounts"
)

// A hook is asked no longer about somebody who has hung up.
func TestListenerHangsUpOnAHook(t *testing.T) {
	asked, given := make(chan struct{}), make(chan struct{})
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		close(asked)
		<-r.Context().Done()
		close(given)
	}))
	defer hook.Close()
	c, err := conf.Parse("relay.toml", []byte("[[mount]]\nname = '/live'\nlistener_auth = { url = '"+hook.URL+"' }\n"))
	if err != nil {
		t.Fatal(err)
	}
	live := conf.NewLive(c)
	r := mounts.NewRegistry(live, zap.NewNop())
	defer r.Close()
	in, err := r.Attach("/live", mounts.Feed{Kind: mounts.Silent})
	if err != nil {
		t.Fatal(err)
	}
	client, conn := connected(t)
	w := NewWriters(live, auth.NewGate(live), nil, nil, zap.NewNop())
	refused := make(chan error)
	go func() {
		req := httptest.NewRequest(http.MethodGet, "/live", nil)
		refused <- w.admit(conn, req, in.Mount, newListener(req))
	}()
	<-asked
	client.Close()
	if err := <-refused; err == nil || !strings.Contains(err.Error(), "the client left meanwhile") {
		t.Errorf("got %v", err)
	}
	<-given
}

// A mount that falls asleep while a hook is asked about a listener is woken for
// him, before he is told what he hears.
func TestMountFallsAsleepDuringAQuestion(t *testing.T) {
	var in *mounts.Input
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		in.Pause()
		w.Header().Set("Icecast-Auth-User", "1")
	}))
	defer hook.Close()
	c, err := conf.Parse("relay.toml", []byte("[[mount]]\nname = '/live'\nlistener_auth = { url = '"+hook.URL+"' }\n"))
	if err != nil {
		t.Fatal(err)
	}
	live := conf.NewLive(c)
	r := mounts.NewRegistry(live, zap.NewNop())
	defer r.Close()
	if in, err = r.Attach("/live", mounts.Feed{Kind: mounts.Relayed, OnDemand: true}); err != nil {
		t.Fatal(err)
	}
	header := frametest.Header(128000, 44100, 2)
	in.Write(frames.Frame{Header: header, Data: frametest.Numbered(header, 1)})
	client, conn := connected(t)
	w := NewWriters(live, auth.NewGate(live), nil, nil, zap.NewNop())
	served := make(chan struct{})
	go func() {
		defer close(served)
		w.Serve(conn, httptest.NewRequest(http.MethodGet, "/live", nil), in.Mount)
	}()
	for !in.Mount.Audience.Wanted() {
		runtime.Gosched()
	}
	if in.Mount.Audience.Count() > 0 {
		t.Error("he listens to nothing")
	}
	client.Close() // which ends his wait
	<-served
}

// connected returns both ends of a connection, which are closed with the test.
func connected(t *testing.T) (client, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return client, server
}
