package tls

import (
	bigendian "encoding/binary"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"relay/e2e/harness"
)

// nameServer runs a DNS server over TCP, which the ACME server asks, that resolves
// every name to 127.0.0.1. It ends with the test.
func nameServer(t testing.TB) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	t.Cleanup(func() {
		l.Close()
		<-ended
	})
	go func() {
		defer close(ended)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.SetDeadline(time.Now().Add(harness.Patience))
			answerName(conn)
			conn.Close()
		}
	}()
	return l.Addr().String()
}

// answerName answers one question. Over TCP a message is preceded by its length (RFC
// 1035, section 4.2.2).
func answerName(conn net.Conn) {
	length := make([]byte, 2)
	if _, err := io.ReadFull(conn, length); err != nil {
		return
	}
	packet := make([]byte, bigendian.BigEndian.Uint16(length))
	var m dnsmessage.Message
	if _, err := io.ReadFull(conn, packet); err != nil || m.Unpack(packet) != nil || len(m.Questions) == 0 {
		return
	}
	m.Response, m.Additionals = true, nil
	if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
		m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class}, Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}}}}
	}
	if answer, err := m.Pack(); err == nil {
		conn.Write(append(bigendian.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
	}
}
