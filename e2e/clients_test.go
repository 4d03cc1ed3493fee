package e2e

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"relay/frames"
	"relay/frames/frametest"
	"relay/icy"
)

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// exchange sends raw bytes on a connection of its own and returns all that
// comes back until the server closes.
func (r *relay) exchange(t testing.TB, raw string) string {
	t.Helper()
	conn := r.dial(t)
	io.WriteString(conn, raw)
	answer, _ := io.ReadAll(conn)
	return string(answer)
}

// dial opens a connection on which no read or write waits for ever.
func (r *relay) dial(t testing.TB) net.Conn {
	t.Helper()
	dialer := net.Dialer{}
	if r.from != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(r.from)}
	}
	conn, err := dialer.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	if r.secure {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	}
	conn.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { conn.Close() })
	return conn
}

// encoder is a source client of our own.
type encoder struct {
	net.Conn
	answer string // what the server said to the head
	sent   uint64 // numbered frames
}

// connect sends a source head and reads the answer up to its final status.
func (r *relay) connect(t testing.TB, head string) *encoder {
	t.Helper()
	e := &encoder{Conn: r.dial(t)}
	io.WriteString(e, head)
	in := bufio.NewReader(e.Conn)
	for {
		line, err := in.ReadString('\n')
		e.answer += line
		if err != nil {
			t.Fatalf("source got %q, then %v", e.answer, err)
		}
		if line == "\r\n" && !strings.HasSuffix(e.answer, "Content-Length: 0\r\n\r\n") {
			return e
		}
	}
}

// encode connects a source to a mount by PUT.
func (r *relay) encode(t testing.TB, mount string, header ...string) *encoder {
	t.Helper()
	e := r.connect(t, "PUT "+mount+" HTTP/1.1\r\nHost: radio\r\nAuthorization: "+basic("source", r.sourcePassword)+
		"\r\nContent-Type: audio/mpeg\r\n"+strings.Join(append(header, ""), "\r\n")+"\r\n")
	if e.answer != icy.SourceAccepted {
		t.Fatalf("source of %s got %q", mount, e.answer)
	}
	return e
}

// frames sends n numbered frames of 128 kbit/s, 44.1 kHz stereo, at once.
func (e *encoder) frames(t testing.TB, n int) {
	t.Helper()
	for range n {
		if _, err := e.Write(e.next()); err != nil {
			t.Fatalf("source: %v", err)
		}
	}
}

// play sends numbered frames in real time until stop is closed.
func (e *encoder) play(stop <-chan struct{}) {
	start, played := time.Now(), time.Duration(0)
	for {
		frame := e.next()
		h, _ := frames.ParseHeader(frame)
		e.SetDeadline(time.Now().Add(patience))
		if _, err := e.Write(frame); err != nil {
			return
		}
		played += h.Duration()
		select {
		case <-stop:
			return
		case <-time.After(time.Until(start.Add(played))):
		}
	}
}

func (e *encoder) next() []byte {
	e.sent++
	return frametest.Numbered(header128, e.sent)
}

var header128 = frametest.Header(128000, 44100, 2)

func mustHeader(b ...byte) frames.Header {
	h, ok := frames.ParseHeader(b)
	if !ok {
		panic("not a frame header")
	}
	return h
}

// player is a listener of our own.
type player struct {
	net.Conn
	in      *bufio.Reader
	status  string
	header  map[string]string // names in lower case
	metaint int

	untilBlock int
	title      string // the last one shown
	titles     []string
}

// tune asks for a mount and reads the head of the answer.
func (r *relay) tune(t testing.TB, mount string, header ...string) *player {
	t.Helper()
	p := r.ask(t, "GET "+mount+" HTTP/1.1\r\nHost: "+r.addr+"\r\nUser-Agent: e2e\r\n"+strings.Join(append(header, ""), "\r\n")+"\r\n")
	if p.status != "HTTP/1.0 200 OK" {
		t.Fatalf("listener of %s got %q", mount, p.status)
	}
	return p
}

// ask sends a request head and reads that of the answer.
func (r *relay) ask(t testing.TB, head string) *player {
	t.Helper()
	p := &player{Conn: r.dial(t)}
	p.in = bufio.NewReader(p.Conn)
	io.WriteString(p, head)
	p.readHead(t)
	return p
}

// readHead reads the head of an answer.
func (p *player) readHead(t testing.TB) {
	t.Helper()
	p.header = map[string]string{}
	for {
		line, err := p.in.ReadString('\n')
		if err != nil {
			t.Fatalf("listener: %v after %v", err, p.header)
		}
		line = strings.TrimSuffix(line, "\r\n")
		if line == "" {
			break
		}
		if p.status == "" {
			p.status = line
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		p.header[strings.ToLower(name)] = strings.TrimSpace(value)
	}
	p.metaint, _ = strconv.Atoi(p.header["icy-metaint"])
	p.untilBlock = p.metaint
}

// Read returns audio; metadata blocks are taken out and their titles kept.
func (p *player) Read(b []byte) (int, error) {
	if p.metaint == 0 {
		return p.in.Read(b)
	}
	if p.untilBlock == 0 {
		units, err := p.in.ReadByte()
		if err != nil {
			return 0, err
		}
		text := make([]byte, int(units)*16)
		if _, err := io.ReadFull(p.in, text); err != nil {
			return 0, err
		}
		if units > 0 {
			title, _, ok := icy.ParseBlock(text)
			if !ok {
				return 0, fmt.Errorf("block without a title: %q", text)
			}
			p.title = title
			p.titles = append(p.titles, title)
		}
		p.untilBlock = p.metaint
	}
	n, err := p.in.Read(b[:min(len(b), p.untilBlock)])
	p.untilBlock -= n
	return n, err
}

// frame reads exactly one frame; anything else where a frame must be is an
// error.
func (p *player) frame() ([]byte, error) {
	p.SetReadDeadline(time.Now().Add(patience))
	frame := make([]byte, 4, 1500)
	if _, err := io.ReadFull(p, frame); err != nil {
		return nil, err
	}
	h, ok := frames.ParseHeader(frame)
	if !ok {
		return nil, fmt.Errorf("% x is no frame header", frame)
	}
	frame = frame[:h.Size]
	_, err := io.ReadFull(p, frame[4:])
	return frame, err
}

// number reads frames until a numbered one and returns its number.
func (p *player) number() (uint64, error) {
	for {
		frame, err := p.frame()
		if err != nil {
			return 0, err
		}
		if n, ok := frametest.Number(frame); ok {
			return n, nil
		}
	}
}

// inOrder reads numbered frames until one reaches last or the stream ends; a
// number that is not its predecessor's next is an error.
func (p *player) inOrder(last uint64) (first, end uint64, err error) {
	first, err = p.number()
	end = first
	for err == nil && end < last {
		var n uint64
		n, err = p.number()
		if err == nil && n != end+1 {
			return first, end, fmt.Errorf("frame %d after %d", n, end)
		}
		if err == nil {
			end = n
		}
	}
	return first, end, err
}

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
