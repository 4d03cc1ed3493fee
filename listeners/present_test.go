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
	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/conf"
	"relay/mounts"
)

// A hook's request is cancelled when the client has hung up.
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
	r := mounts.NewRegistry(live, nil, zap.NewNop())
	defer r.Close()
	in, err := r.Attach("/live", mounts.Feed{Kind: mounts.Silent})
	if err != nil {
		t.Fatal(err)
	}
	client, conn := connected(t)
	w := NewWriters(live, auth.NewGate(live, zap.NewNop()), nil, zap.NewNop())
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

// A mount that falls asleep during the hook's question about a listener is woken
// before the listener gets its head.
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
	r := mounts.NewRegistry(live, nil, zap.NewNop())
	defer r.Close()
	if in, err = r.Attach("/live", mounts.Feed{Kind: mounts.Relayed, OnDemand: true}); err != nil {
		t.Fatal(err)
	}
	header := frametest.Header(128000, 44100, 2)
	in.Write(mp3.Frame{Header: header, Data: frametest.Numbered(header, 1)}.Unit())
	client, conn := connected(t)
	w := NewWriters(live, auth.NewGate(live, zap.NewNop()), nil, zap.NewNop())
	served := make(chan struct{})
	go func() {
		defer close(served)
		w.Serve(conn, httptest.NewRequest(http.MethodGet, "/live", nil), in.Mount)
	}()
	for !in.Mount.Audience.Wanted() {
		runtime.Gosched()
	}
	if in.Mount.Audience.Count() > 0 {
		t.Error("it listens to nothing")
	}
	client.Close() // ends its wait
	<-served
}

// connected returns both ends of a connection, which are closed when the test ends.
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
