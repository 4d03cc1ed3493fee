//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
)

// feedAhead is the length of audio that a feeder sends at once before it continues in
// real time, so that the first listeners get a burst.
const feedAhead = 6 * time.Second

// feeder is a source client that sends a stream in real time, once every
// feedCadence.
type feeder struct {
	conn net.Conn
	fed  atomic.Int64 // bytes of frames
}

const feedCadence = 100 * time.Millisecond

// startFeeder connects to a mount and feeds it numbered frames until ctx ends.
func startFeeder(ctx context.Context, s *subject, mount string) (*feeder, error) {
	return startFeederOf(ctx, s, mount, mp3.Codec.MediaType(), newFrameClock(time.Now().Add(-feedAhead)))
}

// startFeederOf is startFeeder for any stream.
func startFeederOf(ctx context.Context, s *subject, mount, contentType string, stream clock) (*feeder, error) {
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Basic %s\r\nContent-Type: %s\r\n"+
		"ice-name: bench\r\nice-bitrate: 128\r\nUser-Agent: relay-bench\r\n\r\n",
		mount, s.addr, base64.StdEncoding.EncodeToString([]byte("source:"+s.password)), contentType)
	conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || !strings.Contains(line, " 200 ") {
		conn.Close()
		return nil, fmt.Errorf("%s: source of %s was answered %q (%v)", s.name, mount, strings.TrimSpace(line), err)
	}
	f := &feeder{conn: conn}
	go f.run(ctx, stream)
	return f, nil
}

// clock produces what is due of a stream, valid until the next call.
type clock interface{ due(now time.Time) []byte }

func (f *feeder) run(ctx context.Context, stream clock) {
	defer f.conn.Close()
	tick := time.NewTicker(feedCadence)
	defer tick.Stop()
	for {
		due := stream.due(time.Now())
		if _, err := f.conn.Write(due); err != nil {
			return
		}
		f.fed.Add(int64(len(due)))
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// frameClock produces the numbered frames of a stream when they are due.
type frameClock struct {
	next   time.Time
	number uint64
	buf    []byte
}

func newFrameClock(start time.Time) *frameClock { return &frameClock{next: start} }

// due returns all frames that are due, valid until the next call. Padding brings the
// average to 128 kbit/s, as encoders do.
func (c *frameClock) due(now time.Time) []byte {
	c.buf = c.buf[:0]
	for !c.next.After(now) {
		c.number++
		h := format
		if c.number*47/49 != (c.number-1)*47/49 { // 417.959 bytes a frame
			h.Size++
		}
		c.buf = append(c.buf, frametest.Numbered(h, c.number)...)
		c.next = c.next.Add(mp3.Header.Duration(h))
	}
	return c.buf
}
