package harness

import (
	"io"
	"strconv"
	"strings"
	"testing"

	"relay/icy"
)

// ShoutcastConfig is Config with the second port.
var ShoutcastConfig = strings.Replace(Config, "[auth]", `shoutcast_listen = "127.0.0.1:0"
shoutcast_mount = "/sc.mp3"
[auth]`, 1)

// At returns the same server at its other address.
func (r *Relay) At(addr string) *Relay {
	return &Relay{Addr: addr, SourcePassword: r.SourcePassword, AdminPassword: r.AdminPassword}
}

// Shoutcast connects a source by its password and head.
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

// StartBeside runs a server whose second port is the one behind its first, as
// programs take for granted.
func StartBeside(t testing.TB) *Relay {
	t.Helper()
	port := freePorts(t, 2)
	return Start(t, strings.NewReplacer(
		`shoutcast_listen = "127.0.0.1:0"`, `shoutcast_listen = "127.0.0.1:`+strconv.Itoa(port+1)+`"`,
		`"127.0.0.1:0"`, `"127.0.0.1:`+strconv.Itoa(port)+`"`).Replace(ShoutcastConfig))
}
