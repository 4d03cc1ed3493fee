package harness

import (
	"io"
	"strconv"
	"strings"
	"testing"

	"relay/icy"
)

// ShoutcastConfig is Config with the second port for SHOUTcast's protocol.
var ShoutcastConfig = strings.Replace(Config, "[auth]", `shoutcast_listen = "127.0.0.1:0"
shoutcast_mount = "/sc.mp3"
[auth]`, 1)

// At returns the same server for clients that connect to its other address. The
// server's process and output are not in it.
func (r *Relay) At(addr string) *Relay {
	return &Relay{Addr: addr, SourcePassword: r.SourcePassword, AdminPassword: r.AdminPassword}
}

// Shoutcast connects a source by SHOUTcast's protocol: it sends the password line,
// reads the answer and sends the head. It fails the test unless the password is
// accepted. The connection is closed when the test ends.
func (r *Relay) Shoutcast(t testing.TB, line, head string) *Encoder {
	t.Helper()
	e := &Encoder{Conn: r.Dial(t)}
	io.WriteString(e, line)
	answer := make([]byte, len(icy.ShoutcastAccepted))
	if _, err := io.ReadFull(e, answer); err != nil || string(answer) != icy.ShoutcastAccepted {
		t.Fatalf("the password %q got %q, %v", line, answer, err)
	}
	io.WriteString(e, head)
	return e
}

// StartBeside starts a server whose second port is one above its first, as
// SHOUTcast's programs expect. It is stopped when the test ends.
func StartBeside(t testing.TB) *Relay {
	t.Helper()
	port := freePorts(t, 2)
	return Start(t, strings.NewReplacer(
		`shoutcast_listen = "127.0.0.1:0"`, `shoutcast_listen = "127.0.0.1:`+strconv.Itoa(port+1)+`"`,
		`"127.0.0.1:0"`, `"127.0.0.1:`+strconv.Itoa(port)+`"`).Replace(ShoutcastConfig))
}
