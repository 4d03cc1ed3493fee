// Package recorded has byte-exact exchanges between real clients and an Icecast
// 2.4.4, captured on loopback, that tests compare with; the folder clients has the
// requests of real programs. Comments throughout the repository cite these files by
// path, such as e2e/recorded/listener-icy.txt.
package recorded

import (
	"embed"
	"path"
	"strconv"
	"strings"
	"testing"
)

//go:embed *.txt clients
var files embed.FS

// Connection is one TCP connection of an exchange: the first bytes of each side, up
// to the first that the capture left out.
type Connection struct {
	Client, Server []byte
}

// Connections returns the connections of the exchange in NAME.txt.
func Connections(t testing.TB, name string) []Connection {
	t.Helper()
	text, err := files.ReadFile(name + ".txt")
	if err != nil {
		t.Fatalf("no recorded exchange: %v", err)
	}
	var all []Connection
	var cut map[byte]bool // sides of which the capture left bytes out
	for line := range strings.SplitSeq(string(text), "\n") {
		switch {
		case strings.HasPrefix(line, "==="):
			all = append(all, Connection{})
			cut = map[byte]bool{}
		case strings.HasPrefix(line, "C…"), strings.HasPrefix(line, "S…"):
			cut[line[0]] = true
		case strings.HasPrefix(line, `C "`), strings.HasPrefix(line, `S "`):
			bytes, err := strconv.Unquote(line[2:])
			if err != nil {
				t.Fatalf("%s: %v in %s", name, err, line)
			}
			c := &all[len(all)-1]
			if !cut[line[0]] {
				if line[0] == 'C' {
					c.Client = append(c.Client, bytes...)
				} else {
					c.Server = append(c.Server, bytes...)
				}
			}
		}
	}
	return all
}

// Head is a request head of a client.
type Head struct {
	File  string
	Bytes []byte
}

// ClientHeads returns the request heads in clients, as the named programs sent them.
func ClientHeads(t testing.TB) []Head {
	t.Helper()
	const dir = "clients"
	entries, err := files.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var heads []Head
	for _, entry := range entries {
		text, err := files.ReadFile(path.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		var head []byte
		for line := range strings.SplitSeq(string(text), "\n") {
			said, fromClient := strings.CutPrefix(line, "C> ")
			switch {
			case strings.HasPrefix(line, "== "):
				head = nil
			case !fromClient || strings.HasPrefix(said, "["):
			case said == "(end of head)":
				heads = append(heads, Head{entry.Name(), append(head, "\r\n"...)})
				head = nil
			default:
				head = append(append(head, said...), "\r\n"...)
			}
		}
	}
	return heads
}
