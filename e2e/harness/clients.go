package harness

import (
	"bufio"
	"cmp"
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

	"relay/codec/mp3"
	"relay/codec/mp3/frametest"
	"relay/icy"
)

// Basic returns the value of an Authorization header for a login.
func Basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// Exchange sends raw bytes on a new connection and returns everything that the server
// sends until it closes the connection.
func (r *Relay) Exchange(t testing.TB, raw string) string {
	t.Helper()
	conn := r.Dial(t)
	io.WriteString(conn, raw)
	answer, _ := io.ReadAll(conn)
	return string(answer)
}

// Dial opens a connection to the server, over TLS if r.Secure. Its reads and writes fail
// from Patience after that on, unless the deadline is moved. It is closed when the test
// ends.
func (r *Relay) Dial(t testing.TB) net.Conn {
	t.Helper()
	dialer := net.Dialer{}
	if r.From != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(r.From)}
	}
	conn, err := dialer.Dial("tcp", r.Addr)
	if err != nil {
		t.Fatal(err)
	}
	if r.Secure {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	}
	conn.SetDeadline(time.Now().Add(Patience))
	t.Cleanup(func() { conn.Close() })
	return conn
}

// Encoder is a source client on the wire.
type Encoder struct {
	net.Conn
	Answer string     // the server's answer to the head
	Sent   uint64     // number of the last frame
	Format mp3.Header // of the frames; the zero value stands for Header128
}

// Connect sends the head of a source and reads the answer up to the end of its final
// head. The connection is closed when the test ends.
func (r *Relay) Connect(t testing.TB, head string) *Encoder {
	t.Helper()
	e := &Encoder{Conn: r.Dial(t)}
	io.WriteString(e, head)
	in := bufio.NewReader(e.Conn)
	for {
		line, err := in.ReadString('\n')
		e.Answer += line
		if err != nil {
			t.Fatalf("source got %q, then %v", e.Answer, err)
		}
		if line == "\r\n" && !strings.HasSuffix(e.Answer, "Content-Length: 0\r\n\r\n") {
			return e
		}
	}
}

// Encode connects a source to a mount by PUT, with the source's login and additional
// header lines. It fails the test unless the source is accepted. The connection is
// closed when the test ends.
func (r *Relay) Encode(t testing.TB, mount string, header ...string) *Encoder {
	t.Helper()
	e := r.Connect(t, "PUT "+mount+" HTTP/1.1\r\nHost: radio\r\nAuthorization: "+Basic("source", r.SourcePassword)+
		"\r\nContent-Type: audio/mpeg\r\n"+strings.Join(append(header, ""), "\r\n")+"\r\n")
	if e.Answer != icy.SourceAccepted {
		t.Fatalf("source of %s got %q", mount, e.Answer)
	}
	return e
}

// Frames sends n numbered frames without a pause between them.
func (e *Encoder) Frames(t testing.TB, n int) {
	t.Helper()
	for range n {
		if _, err := e.Write(e.Next()); err != nil {
			t.Fatalf("source: %v", err)
		}
	}
}

// Play sends numbered frames in real time until stop is closed or a write fails. It
// blocks.
func (e *Encoder) Play(stop <-chan struct{}) {
	start, played := time.Now(), time.Duration(0)
	for {
		frame := e.Next()
		h, _ := mp3.ParseHeader(frame)
		e.SetDeadline(time.Now().Add(Patience))
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

// Next numbers and returns the next frame to send.
func (e *Encoder) Next() []byte {
	e.Sent++
	return frametest.Numbered(cmp.Or(e.Format, Header128), e.Sent)
}

// Header128 is the header of the frames that an Encoder sends unless it has another
// format: 128 kbit/s, 44.1 kHz stereo.
var Header128 = frametest.Header(128000, 44100, 2)

// MustHeader parses a frame header, and panics if it is invalid.
func MustHeader(b ...byte) mp3.Header {
	h, ok := mp3.ParseHeader(b)
	if !ok {
		panic("not a frame header")
	}
	return h
}

// Player is a listener on the wire.
type Player struct {
	net.Conn
	In      *bufio.Reader
	Status  string
	Header  map[string]string // names in lower case
	Metaint int

	UntilBlock int
	Title      string // of the last metadata block
	Titles     []string
}

// Tune sends a request for a mount, with additional header lines, and reads the head
// of the answer. It fails the test unless the status is 200. The connection is closed
// when the test ends.
func (r *Relay) Tune(t testing.TB, mount string, header ...string) *Player {
	t.Helper()
	p := r.Ask(t, "GET "+mount+" HTTP/1.1\r\nHost: "+r.Addr+"\r\nUser-Agent: e2e\r\n"+strings.Join(append(header, ""), "\r\n")+"\r\n")
	if p.Status != "HTTP/1.0 200 OK" {
		t.Fatalf("listener of %s got %q", mount, p.Status)
	}
	return p
}

// Ask sends a request head and reads the head of the answer, whatever its status. The
// connection is closed when the test ends.
func (r *Relay) Ask(t testing.TB, head string) *Player {
	t.Helper()
	p := &Player{Conn: r.Dial(t)}
	p.In = bufio.NewReader(p.Conn)
	io.WriteString(p, head)
	p.ReadHead(t)
	return p
}

// ReadHead reads the head of an answer into Status, Header and Metaint.
func (p *Player) ReadHead(t testing.TB) {
	t.Helper()
	p.Header = map[string]string{}
	for {
		line, err := p.In.ReadString('\n')
		if err != nil {
			t.Fatalf("listener: %v after %v", err, p.Header)
		}
		line = strings.TrimSuffix(line, "\r\n")
		if line == "" {
			break
		}
		if p.Status == "" {
			p.Status = line
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		p.Header[strings.ToLower(name)] = strings.TrimSpace(value)
	}
	p.Metaint, _ = strconv.Atoi(p.Header["icy-metaint"])
	p.UntilBlock = p.Metaint
}

// Read returns audio; it takes metadata blocks out and keeps their titles.
func (p *Player) Read(b []byte) (int, error) {
	if p.Metaint == 0 {
		return p.In.Read(b)
	}
	if p.UntilBlock == 0 {
		units, err := p.In.ReadByte()
		if err != nil {
			return 0, err
		}
		text := make([]byte, int(units)*16)
		if _, err := io.ReadFull(p.In, text); err != nil {
			return 0, err
		}
		if units > 0 {
			title, _, ok := icy.ParseBlock(text)
			if !ok {
				return 0, fmt.Errorf("block without a title: %q", text)
			}
			p.Title = title
			p.Titles = append(p.Titles, title)
		}
		p.UntilBlock = p.Metaint
	}
	n, err := p.In.Read(b[:min(len(b), p.UntilBlock)])
	p.UntilBlock -= n
	return n, err
}

// Frame reads exactly one frame within Patience. Bytes that do not begin a frame are
// an error.
func (p *Player) Frame() ([]byte, error) {
	p.SetReadDeadline(time.Now().Add(Patience))
	frame := make([]byte, 4, 1500)
	if _, err := io.ReadFull(p, frame); err != nil {
		return nil, err
	}
	h, ok := mp3.ParseHeader(frame)
	if !ok {
		return nil, fmt.Errorf("% x is no frame header", frame)
	}
	frame = frame[:h.Size]
	_, err := io.ReadFull(p, frame[4:])
	return frame, err
}

// Number reads frames up to the next one with a number, and returns the number.
// Frames that were muted by a splice have none.
func (p *Player) Number() (uint64, error) {
	for {
		frame, err := p.Frame()
		if err != nil {
			return 0, err
		}
		if n, ok := frametest.Number(frame); ok {
			return n, nil
		}
	}
}

// Listen reads frames until the stream ends: relay drops a listener that reads nothing.
func (p *Player) Listen() {
	for err := error(nil); err == nil; {
		_, err = p.Frame()
	}
}

// Ends reads until the server ends the stream, or for Patience if it does not, which is
// an error.
func (p *Player) Ends() error {
	p.SetReadDeadline(time.Now().Add(Patience))
	_, err := io.Copy(io.Discard, p.In)
	return err
}

// InOrder reads numbered frames until one reaches last or the stream ends, and
// returns the first and the last number. A gap in the numbers is an error.
func (p *Player) InOrder(last uint64) (first, end uint64, err error) {
	first, err = p.Number()
	end = first
	for err == nil && end < last {
		var n uint64
		n, err = p.Number()
		if err == nil && n != end+1 {
			return first, end, fmt.Errorf("frame %d after %d", n, end)
		}
		if err == nil {
			end = n
		}
	}
	return first, end, err
}

// IsTimeout reports whether a read or write has failed at its deadline.
func IsTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
