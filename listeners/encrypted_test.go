package listeners

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/conf"
	"relay/internal/netconn"
	"relay/mounts"
)

// secured is a listener over TLS that has read its head and nothing else.
type secured struct {
	conn *tls.Conn
	in   *mounts.Input
	w    *Writers
	stop func() // stops the writers and waits for them
}

// listenSecurely must be called in a synctest bubble. The connection has no buffer:
// bytes that the listener does not read are not taken from the server.
func listenSecurely(t *testing.T, toml string) *secured {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	own := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, own, own, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	c, in := station(t, toml)
	for n := range 150 { // nearly a burst
		in.Write(numbered(n))
	}
	w := NewWriters(conf.NewLive(c), auth.NewGate(conf.NewLive(c), zap.NewNop()), nil, zap.NewNop())
	ctx, cancel := context.WithCancel(context.Background())
	running := make(chan struct{})
	go func() {
		defer close(running)
		w.Run(ctx)
	}()
	ours, theirs := net.Pipe()
	client := tls.Client(theirs, &tls.Config{InsecureSkipVerify: true})
	secure := tls.Server(netconn.NewCork(ours), &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	go func() {
		secure.Handshake()
		w.Serve(secure, &http.Request{Method: http.MethodGet, Header: http.Header{}, RemoteAddr: "192.0.2.1:1"}, in.Mount)
	}()
	if err := client.Handshake(); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
	return &secured{client, in, w, func() {
		cancel()
		<-running
		theirs.Close()
	}}
}

// A listener that reads nothing does not hold anything up when it must go.
func TestWhoTakesNothingByTLSIsNotWaitedFor(t *testing.T) {
	for _, tt := range []struct {
		name  string
		end   func(*secured)
		after time.Duration // latest end of its session
	}{
		{"shutdown", func(s *secured) { s.stop() }, lastWords},
		{"kicked", func(s *secured) {
			s.in.Mount.Audience.OrderAll(mounts.Order{})
			synctest.Wait()
		}, 0},
		{"its time is up", func(*secured) {
			time.Sleep(5 * time.Second)
			synctest.Wait()
		}, 5 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := listenSecurely(t, "[[mount]]\nname = '/live'\nmax_duration = '5s'\n")
				began := time.Now()
				tt.end(s)
				if took := time.Since(began); took > tt.after || s.in.Mount.Audience.Count() != 0 {
					t.Errorf("%d listen after %v", s.in.Mount.Audience.Count(), took)
				}
				if slow := s.in.Mount.Audience.Slow(); slow != 0 {
					t.Error("it was counted as slow")
				}
				s.stop()
			})
		})
	}
}

// A slow line over TLS gets what it can take, as without TLS: it is moved forward,
// and dropped only when it takes nothing. The bytes it took are counted.
func TestASlowLineByTLSStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := listenSecurely(t, "[limits]\nlistener_timeout = '12s'\nbuffer = '64KiB'\nburst = '64KiB'\n")
		go func() {
			for n := 150; ; n++ {
				select {
				case <-s.in.Ended():
					return
				case <-time.After(header128.Duration()):
					s.in.Write(numbered(n))
				}
			}
		}()
		var got []byte
		buf := make([]byte, 4<<10)
		for range 120 {
			time.Sleep(time.Second)
			n, err := s.conn.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, buf[:n]...)
		}
		synctest.Wait()
		audience := &s.in.Mount.Audience
		if audience.Count() != 1 || audience.Skips() == 0 {
			t.Errorf("%d listen, moved forward %d times", audience.Count(), audience.Skips())
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if audience.Count() != 0 || audience.Slow() != 1 {
			t.Error("a listener that takes nothing stays")
		}
		rest, _ := io.ReadAll(s.conn)
		got = append(got, rest...)
		if sent := audience.Sent(); sent != int64(len(got)) {
			t.Errorf("it was sent %d bytes and %d are counted", len(got), sent)
		}
		var cutter mp3.Cutter
		cutter.Write(got)
		last := uint64(0)
		for f, ok := cutter.Next(); ok; f, ok = cutter.Next() {
			if n, ok := frametest.Number(f.Data); ok {
				last = n
			}
		}
		if torn := cutter.Stats().Garbage; torn > 1000 || last < 150 { // the head comes before the first
			t.Errorf("%d torn bytes, the last frame is %d", torn, last)
		}
		s.in.Detach()
		s.stop()
	})
}
