package pull

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"testing/iotest"
)

// FuzzReadReply: an answer is read within its bound however it is cut into reads, and
// everything after its head is kept.
func FuzzReadReply(f *testing.F) {
	f.Add([]byte("ICY 200 OK\r\nicy-metaint:16000\r\n\r\n"), []byte("audio"))
	f.Add([]byte("HTTP/1.1 302 Found\r\nLocation: http://a.example/\r\n\r\n"), []byte{})
	f.Add([]byte("HTTP/1.0 200 OK\n\n"), []byte("\r\n\r\n"))
	f.Add([]byte("SSH-2.0-x\r\n"), []byte("HTTP/1.0 200 OK\r\n\r\n"))
	f.Fuzz(func(t *testing.T, head, behind []byte) {
		all := append(bytes.Clone(head), behind...)
		whole, rest, err := readReply(bytes.NewReader(all))
		inBytes, restInBytes, errInBytes := readReply(iotest.OneByteReader(bytes.NewReader(all)))
		if (err == nil) != (errInBytes == nil) {
			t.Fatalf("%q: %v at once, %v by bytes", all, err, errInBytes)
		}
		if err != nil {
			return
		}
		if whole.Status != inBytes.Status || whole.Reason != inBytes.Reason || fmt.Sprint(whole.Header) != fmt.Sprint(inBytes.Header) {
			t.Errorf("%q: %+v at once, %+v by bytes", all, whole, inBytes)
		}
		a, _ := io.ReadAll(rest)
		b, _ := io.ReadAll(restInBytes)
		if !bytes.Equal(a, b) || !bytes.HasSuffix(all, a) || len(all)-len(a) > maxReplyHead {
			t.Errorf("%q: %q is behind it at once, %q by bytes", all, a, b)
		}
	})
}
