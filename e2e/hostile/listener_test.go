package hostile

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"relay/codec"
	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/icy"
)

// listener hears /live to its end and checks everything.
type listener struct {
	conn    net.Conn
	in      *bufio.Reader
	metaint int
	until   int // bytes of audio until the next metadata block

	heard atomic.Uint64 // number of the last frame
	err   atomic.Pointer[error]
}

// listen tunes in on a connection, with or without metadata.
func (s *station) listen(t *testing.T, conn net.Conn, metadata bool) *listener {
	t.Helper()
	l := &listener{conn: conn}
	l.in = bufio.NewReader(l.conn)
	wish := ""
	if metadata {
		wish = "Icy-MetaData: 1\r\n"
	}
	io.WriteString(l.conn, "GET /live HTTP/1.1\r\nUser-Agent: crowd\r\n"+wish+"\r\n")
	for {
		line, err := l.in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if n, ok := strings.CutPrefix(line, "icy-metaint:"); ok {
			l.metaint, _ = strconv.Atoi(strings.TrimSpace(n))
		}
		if line == "\r\n" {
			break
		}
	}
	if metadata != (l.metaint > 0) {
		t.Fatalf("metaint %d", l.metaint)
	}
	l.until = l.metaint
	done := make(chan struct{})
	t.Cleanup(func() {
		l.conn.Close()
		<-done
	})
	go func() {
		defer close(done)
		err := l.follow(s)
		l.err.Store(&err)
	}()
	return l
}

// failure returns why the listener has stopped, or nil.
func (l *listener) failure() error {
	if err := l.err.Load(); err != nil {
		return *err
	}
	return nil
}

// follow reads and checks frames until an error, which it returns.
func (l *listener) follow(s *station) error {
	space := make([]byte, 1500)
	for last := uint64(0); ; {
		if l.in.Buffered() == 0 {
			l.conn.SetDeadline(time.Now().Add(patience))
		}
		frame := space[:4]
		if err := l.read(s, frame); err != nil {
			return err
		}
		h, ok := mp3.ParseHeader(frame)
		if !ok {
			return fmt.Errorf("after frame %d: % x is no frame", last, frame)
		}
		frame = frame[:h.Size]
		if err := l.read(s, frame[4:]); err != nil {
			return err
		}
		n, ok := frametest.Number(frame)
		if !ok && (mp3.Frame{Header: h, Data: frame}).Level() == codec.DigitalSilence {
			continue // added for a source that is late, as this one is on a busy machine
		}
		if !ok && last > 0 || last > 0 && n != last+1 {
			return fmt.Errorf("frame %d (a number: %v) after frame %d", n, ok, last)
		}
		if ok {
			last = n
			l.heard.Store(n)
		}
	}
}

// read fills b with audio, and checks the metadata blocks between.
func (l *listener) read(s *station, b []byte) error {
	for len(b) > 0 {
		n := len(b)
		if l.metaint > 0 {
			if l.until == 0 {
				if err := l.block(s); err != nil {
					return err
				}
			}
			n = min(n, l.until)
			l.until -= n
		}
		if _, err := io.ReadFull(l.in, b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// block reads a metadata block, which may only have a title that was set.
func (l *listener) block(s *station) error {
	l.until = l.metaint
	units, err := l.in.ReadByte()
	if err != nil || units == 0 {
		return err
	}
	text := make([]byte, int(units)*16)
	if _, err := io.ReadFull(l.in, text); err != nil {
		return err
	}
	title, _, ok := icy.ParseBlock(text)
	if !ok || title != "" && !s.wasSet(title) {
		return fmt.Errorf("metadata that was not set: %q", text)
	}
	if strings.ContainsFunc(strings.TrimRight(string(text), "\x00"), func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return fmt.Errorf("a control character in %q", text)
	}
	return nil
}
