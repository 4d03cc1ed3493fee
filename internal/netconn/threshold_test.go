package netconn

import (
	"io"
	"net"
	"testing"
)

// A threshold neither holds back bytes that have arrived nor loses them.
func TestThreshold(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	sender, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	reader, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	threshold := ThresholdOf(reader)
	threshold.Set(32 << 10)
	read := make(chan string)
	go func() {
		b := make([]byte, 10)
		n, _ := io.ReadFull(reader, b)
		read <- string(b[:n])
	}()
	io.WriteString(sender, "0123456789")
	threshold.Set(1)
	if got := <-read; got != "0123456789" {
		t.Errorf("the reader was woken for %q", got)
	}
	threshold.Set(32 << 10)
	io.WriteString(sender, "the rest")
	sender.Close()
	if got, err := io.ReadAll(reader); string(got) != "the rest" || err != nil {
		t.Errorf("at the end: %q, %v", got, err)
	}
	ours, theirs := net.Pipe()
	defer ours.Close()
	defer theirs.Close()
	ThresholdOf(ours).Set(1) // has no socket
}
