package harness

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"sync"
	"testing"
)

// A block is a row of ports that belongs to this process for as long as it
// listens on the first of them: packages are tested side by side.
const block = 64

// row has the ports of the current block that are left. A port is given out once.
var row struct {
	mu         sync.Mutex
	next, last int
	claims     []net.Listener
}

// FreePort returns a loopback address for servers whose address must be known
// before they listen.
func FreePort(t testing.TB) string {
	t.Helper()
	return loopback(freePorts(t, 1))
}

func loopback(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }

// freePorts returns the first of some ports in a row that are free, and stay so:
// the system gives none of them to connections that go out, nor to servers that
// listen on port 0.
func freePorts(t testing.TB, many int) int {
	t.Helper()
	row.mu.Lock()
	defer row.mu.Unlock()
	for range 1000 {
		if row.last-row.next < many {
			row.next, row.last = claim(t)
		}
		first := row.next
		row.next += many
		if areFree(first, many) {
			return first
		}
	}
	t.Fatalf("there are no %d free ports in a row", many)
	return 0
}

// claim makes a block this process's own.
func claim(t testing.TB) (next, last int) {
	t.Helper()
	const first = 10_000 // few services listen there
	end := 32_768
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		var from int
		if fmt.Sscan(string(text), &from); from > first+1000 {
			end = from
		}
	}
	for range 1000 {
		port := first + block*rand.IntN((end-first)/block)
		if l, err := net.Listen("tcp", loopback(port)); err == nil {
			row.claims = append(row.claims, l)
			return port + 1, port + block
		}
	}
	t.Fatal("there is no block of free ports")
	return 0, 0
}

func areFree(first, many int) bool {
	for port := first; port < first+many; port++ {
		l, err := net.Listen("tcp", loopback(port))
		if err != nil {
			return false
		}
		l.Close()
	}
	return true
}
