package listeners

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/icy"
	"relay/mounts"
)

// asleep returns a registry with one mount, whose relay does not play yet.
func asleep(t *testing.T) (*mounts.Registry, *mounts.Input) {
	t.Helper()
	r := mounts.NewRegistry(conf.NewLive(conf.Default()), nil, zap.NewNop())
	in, err := r.Attach("/live", mounts.Feed{Kind: mounts.Relayed})
	if err != nil {
		t.Fatal(err)
	}
	return r, in
}

// serveAsleep serves a request for a mount. The channel gets the whole answer once
// the mount has ended.
func serveAsleep(t *testing.T, method string, in *mounts.Input) <-chan string {
	t.Helper()
	ours, theirs := net.Pipe()
	ctx, stop := context.WithCancel(context.Background())
	c := conf.Default()
	w := NewWriters(conf.NewLive(c), auth.NewGate(conf.NewLive(c), zap.NewNop()), nil, zap.NewNop())
	go w.Run(ctx)
	answer := make(chan string, 1)
	go func() {
		all, _ := io.ReadAll(theirs)
		stop()
		answer <- string(all)
	}()
	go w.Serve(ours, &http.Request{Method: method, Header: http.Header{}}, in.Mount)
	return answer
}

func TestListenerWaitsForARelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, in := asleep(t)
		answer := serveAsleep(t, http.MethodGet, in)
		time.Sleep(wakingTime / 2)
		if !in.Mount.Audience.Wanted() || in.Mount.Audience.Count() != 0 {
			t.Error("a waiting listener is not counted as wanted")
		}
		in.Retune(icy.Station{Name: "Elsewhere"})
		in.Write(numbered(1))
		time.Sleep(time.Second)
		if in.Mount.Audience.Count() != 1 {
			t.Error("the listener was not admitted")
		}
		r.Close()
		if got := <-answer; !strings.HasPrefix(got, "HTTP/1.0 200 OK\r\n") || !strings.Contains(got, "icy-br:128\r\n") ||
			!strings.Contains(got, "icy-name:Elsewhere\r\n") || !strings.HasSuffix(got, string(numbered(1).Data)) {
			t.Errorf("the listener got %q", got)
		}
		synctest.Wait() // the connection is closed before the count goes down
		if in.Mount.Audience.Wanted() {
			t.Error("the listener is still counted")
		}
	})
}

func TestListenerGivesUpOnARelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, in := asleep(t)
		began := time.Now()
		if got := <-serveAsleep(t, http.MethodGet, in); !strings.HasPrefix(got, "HTTP/1.0 404 Not Found\r\n") || !strings.Contains(got, errNotPlaying.Error()) {
			t.Errorf("the listener got %q", got)
		}
		waited := time.Since(began)
		synctest.Wait() // the connection is closed before the count goes down
		if waited != wakingTime || in.Mount.Audience.Wanted() {
			t.Errorf("after %v; still counted: %v", waited, in.Mount.Audience.Wanted())
		}
		r.Close()
	})
}

func TestHeadWakesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, in := asleep(t)
		began := time.Now()
		if got := <-serveAsleep(t, http.MethodHead, in); !strings.HasPrefix(got, "HTTP/1.0 200 OK\r\n") || time.Since(began) > 0 {
			t.Errorf("got %q after %v", got, time.Since(began))
		}
		select {
		case <-in.Mount.Audience.NewListeners():
			t.Error("the relay is woken")
		default:
		}
		r.Close()
	})
}

// A client that hangs up while it waits is noticed before the time is over.
func TestListenerHangsUpOnARelay(t *testing.T) {
	_, in := asleep(t)
	client, conn := connected(t)
	client.Close()
	if err := awaitPlaying(conn, in.Mount); err != errNotPlaying {
		t.Errorf("got %v", err)
	}
	in.Detach()
}
