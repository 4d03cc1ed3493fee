package ingest

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
	"net/url"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"

	"relay/auth"
	"relay/conf"
	"relay/frames/frametest"
	"relay/mounts"
)

// certificate returns how a server shows one by TLS, and how to believe it.
func certificate(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	own := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"a"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, own, own, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if own, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	known := x509.NewCertPool()
	known.AddCert(own)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, &tls.Config{RootCAs: known, ServerName: "a"}
}

// sendFrames sends frames as encoders do, each by itself and so in a record of
// its own, and returns how long it took to have them all read.
func sendFrames(conn net.Conn, count int) time.Duration {
	began := time.Now()
	for n := range count {
		if _, err := conn.Write(frametest.Numbered(stereo128, uint64(n))); err != nil {
			return time.Hour
		}
	}
	return time.Since(began)
}

// many is more frames than are read in one portion.
const many = 200

func TestASourceIsReadAsFastOverTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := conf.Parse("relay.toml", []byte("auth.source_password = 'hackme'"))
		if err != nil {
			t.Fatal(err)
		}
		live := conf.NewLive(c)
		registry := mounts.NewRegistry(live, zap.NewNop())
		s := &Sources{Registry: registry, Gate: auth.NewGate(live), Log: zap.NewNop(), Conf: live}
		ours, theirs := net.Pipe()
		server, client := certificate(t)
		served := make(chan struct{})
		go func() {
			defer close(served)
			req := &http.Request{Method: "SOURCE", URL: &url.URL{Path: "/live"}, Header: http.Header{}, RemoteAddr: "192.0.2.1:1"}
			req.SetBasicAuth("source", "hackme")
			conn := tls.Server(ours, server)
			s.Serve(conn, conn, req)
		}()
		source := tls.Client(theirs, client)
		if _, err := source.Read(make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		if took := sendFrames(source, many); took > s.pace() {
			t.Errorf("%d frames took %v", many, took)
		}
		synctest.Wait()
		if played := registry.Find("/live").Stream.End(); played < (many-2)*int64(stereo128.Size) {
			t.Errorf("%d bytes have been played", played)
		}
		theirs.Close()
		<-served
		registry.Close()
	})
}

func TestARelayIsReadAsFastOverTLS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := certificate(t)
		var elsewhere sync.WaitGroup
		took := make(chan time.Duration, 1)
		puller := &Puller{tls: client, dial: func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			elsewhere.Go(func() {
				defer theirs.Close()
				conn := tls.Server(theirs, server)
				if _, err := readHead(conn); err != nil {
					return
				}
				io.WriteString(conn, icecast)
				took <- sendFrames(conn, many)
				io.Copy(io.Discard, conn)
			})
			return ours, nil
		}}
		registry := mounts.NewRegistry(conf.NewLive(conf.Default()), zap.NewNop())
		r := &Relay{Registry: registry, Puller: puller, Log: zap.NewNop(), From: conf.Relay{URL: "https://a/there", Mount: "/live"},
			Timeout: 10 * time.Second, Pace: 250 * time.Millisecond}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			r.Run(ctx)
		}()
		if took := <-took; took > r.Pace {
			t.Errorf("%d frames took %v", many, took)
		}
		stop()
		<-done
		registry.Close()
		elsewhere.Wait()
	})
}

// encoder is what has come from an encoder that sends in real time: a read
// returns one frame, and waits for it where none is there.
type encoder struct {
	began time.Time
	sent  int
	waits int
}

func (e *encoder) Read(b []byte) (int, error) {
	if due := time.Duration(e.sent) * stereo128.Duration(); time.Since(e.began) < due {
		e.waits++
		time.Sleep(due - time.Since(e.began))
	}
	e.sent++
	return copy(b, frametest.Numbered(stereo128, uint64(e.sent))), nil
}

// Of an encoder over TLS nothing waits longer than a pause, and it wakes nobody
// for every frame.
func TestRecordsAreReadInPortions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn, other := net.Pipe()
		defer other.Close()
		defer conn.Close()
		const pace, long = 250 * time.Millisecond, time.Minute
		from := &encoder{began: time.Now()}
		p := newPacedReader(tls.Server(conn, nil), from, time.Hour, pace, nil)
		for b := make([]byte, 16<<10); time.Since(from.began) < long; {
			p.Read(b)
		}
		if due := int((long - pace) / stereo128.Duration()); from.sent < due {
			t.Errorf("%d frames of %d", from.sent, due)
		}
		if from.waits > int(long/pace) {
			t.Errorf("waited %d times", from.waits)
		}
	})
}
