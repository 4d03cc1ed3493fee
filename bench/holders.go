//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"
)

// Anything that could keep a stream in memory for ever starts in the first quarter of a
// soak. From then on such a stream grows by 16 KB a second, whereas repeated rounds
// would begin again from zero.

// holding is the configuration for these tests.
const holding = "[[mount]]\nname = '/returning'\nfallbacks = ['/bench']\ngrace = '1s'\n"

const (
	soakStalled = 5                // listeners that stall
	maxStall    = 20 * time.Second // less than a listener may fall behind
)

// comeBack lets a source leave /returning to its fallback, then come back to stay.
func (t *trouble) comeBack(ctx context.Context, pause time.Duration) {
	for _, stays := range []time.Duration{pause, 24 * time.Hour} {
		playing, cut := context.WithTimeout(ctx, stays)
		_, err := startFeeder(playing, t.subject, "/returning")
		t.count(err)
		if err == nil {
			<-playing.Done()
		}
		cut()
		rest(ctx, pause)
	}
}

// stall runs a listener that joins once there is audio, reads nothing for a while, and
// then reads everything.
func (t *trouble) stall(ctx context.Context, pause time.Duration) {
	rest(ctx, pause)
	conn, err := listen(ctx, t.subject, "/bench")
	t.count(err)
	if err != nil {
		return
	}
	defer conn.Close()
	rest(ctx, min(pause, maxStall))
	_, err = io.Copy(io.Discard, conn)
	if ctx.Err() == nil {
		t.count(fmt.Errorf("a listener who stalled was lost: %v", err))
	}
}

// listen requests a mount with titles, over a connection with small buffers that ends
// with ctx.
func listen(ctx context.Context, s *subject, mount string) (net.Conn, error) {
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		return nil, err
	}
	conn.(*net.TCPConn).SetReadBuffer(4096)
	context.AfterFunc(ctx, func() { conn.Close() })
	_, err = fmt.Fprintf(conn, "GET %s HTTP/1.0\r\nIcy-MetaData: 1\r\nUser-Agent: relay-bench\r\n\r\n", mount)
	return conn, err
}

// deserted lets the only listener leave a mount that goes on, and returns samples of
// the server from then on.
func deserted(ctx context.Context, s *subject, lasts time.Duration) (samples []sample, err error) {
	ctx, cancel := context.WithTimeout(ctx, lasts)
	defer cancel()
	if _, err := startFeeder(ctx, s, "/deserted"); err != nil {
		return nil, err
	}
	conn, err := listen(ctx, s, "/deserted")
	if err != nil {
		return nil, err
	}
	io.CopyN(io.Discard, conn, 128<<10)
	conn.Close()
	for ctx.Err() == nil {
		samples = append(samples, sample{memory: s.memory()})
		rest(ctx, lasts/soakSamples)
	}
	return samples, nil
}

// rest waits for pause, or until ctx ends.
func rest(ctx context.Context, pause time.Duration) {
	select {
	case <-time.After(pause):
	case <-ctx.Done():
	}
}
