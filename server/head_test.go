package server

import (
	"bytes"
	"errors"
	"io"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"relay/e2e/recorded"
	"relay/icy"
)

func TestEmptyLinesBeforeARequest(t *testing.T) {
	for lines, want := range map[int]error{maxEmptyLines: nil, maxEmptyLines + 1: errEmptyLines, maxHead: errEmptyLines} {
		for _, piece := range []int{1, maxHead} {
			conn := &spoken{says: []byte(strings.Repeat("\n", lines) + "GET / HTTP/1.0\r\n\r\n"), piece: piece}
			if _, err := readHead(conn, time.Time{}, anyBytes); !errors.Is(err, want) {
				t.Errorf("%d empty lines in pieces of %d: %v", lines, piece, err)
			}
			if left := len(conn.says); piece == 1 && lines == maxHead && left < maxHead {
				t.Errorf("%d bytes were read before they were too many", maxHead-left)
			}
		}
	}
}

// A head means the same in whatever pieces it arrives, and the bytes after it are not
// lost.
func FuzzReadHead(f *testing.F) {
	for _, h := range recorded.ClientHeads(f) {
		f.Add(append(h.Bytes, "audio"...), 1)
	}
	f.Add([]byte("\r\n\n\r\r\n\nhackme\r\nicy-name:A\r\n\r\n"), 3)
	f.Add([]byte("GET /"+strings.Repeat("x", maxHead)+" HTTP/1.1\r\n\r\n"), 100)
	f.Add([]byte("GET / HTTP/1.1\r\n"+strings.Repeat("a:b\n", 300)+"\n"), 7)
	f.Fuzz(func(t *testing.T, says []byte, piece int) {
		if piece < 1 {
			t.Skip()
		}
		whole, wholeErr := readHead(&spoken{says: bytes.Clone(says), piece: len(says) + 1}, time.Time{}, anyBytes)
		parts, err := readHead(&spoken{says: bytes.Clone(says), piece: piece}, time.Time{}, anyBytes)
		switch {
		case whole.hello != nil || parts.hello != nil:
			if (whole.hello == nil) != (parts.hello == nil) {
				t.Fatal("TLS, or not")
			}
			return
		case parts.password != "" && errors.Is(wholeErr, icy.ErrNotRequest):
			return // the bytes after the line decide, and had not arrived yet
		case wholeErr != nil || err != nil:
			if wholeErr == nil || err == nil || wholeErr.Error() != err.Error() {
				t.Fatalf("at once %v, in pieces %v", wholeErr, err)
			}
			return
		}
		if !reflect.DeepEqual(whole.req, parts.req) || whole.password != parts.password {
			t.Fatalf("at once %+v %q, in pieces %+v %q", whole.req, whole.password, parts.req, parts.password)
		}
		wholeBody, _ := io.ReadAll(whole.body)
		if body, _ := io.ReadAll(parts.body); !bytes.Equal(body, wholeBody) {
			t.Fatalf("at once %q stands behind it, in pieces %q", wholeBody, body)
		}
	})
}

// The largest head in the smallest pieces.
func BenchmarkReadHeadInPieces(b *testing.B) {
	head := []byte("GET / HTTP/1.1\r\n" + strings.Repeat("\rx\n", maxHead/3-10))
	for b.Loop() {
		readHead(&spoken{says: head, piece: 1}, time.Time{}, anyBytes)
	}
}

// anyBytes is a budget without a limit.
func anyBytes(int) error { return nil }

// The first read of a head ends with what has come, at the deadline, or with the connection.
func TestFirstRead(t *testing.T) {
	l := listen(t)
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	read := func(patience time.Duration) (string, error) {
		conn.SetDeadline(time.Now().Add(patience))
		buf, n, err := firstRead(conn)
		return string(buf[:n]), err
	}
	var late net.Error
	if said, err := read(10 * time.Millisecond); said != "" || !errors.As(err, &late) || !late.Timeout() {
		t.Errorf("nothing came: %q, %v", said, err)
	}
	time.AfterFunc(10*time.Millisecond, func() { io.WriteString(client, "GET") })
	if said, err := read(10 * time.Second); said != "GET" || err != nil {
		t.Errorf("GET came: %q, %v", said, err)
	}
	time.AfterFunc(10*time.Millisecond, func() { client.Close() })
	if said, err := read(10 * time.Second); said != "" || err != io.EOF {
		t.Errorf("the client left: %q, %v", said, err)
	}
	conn.Close()
	if said, err := read(10 * time.Second); said != "" || !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed: %q, %v", said, err)
	}
}
