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

// A block is a range of ports that this process owns for as long as it listens on the
// first: test processes run side by side.
const block = 64

// row has the unused ports of the current block. A port is given out once.
var row struct {
	mu         sync.Mutex
	next, last int
	claims     []net.Listener
}

// FreePort returns a free loopback address ("127.0.0.1:port"), for a server whose
// address must be known before it listens.
func FreePort(t testing.TB) string {
	t.Helper()
	return loopback(freePorts(t, 1))
}

func loopback(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }

// freePorts returns the first of many free ports in a row. They stay free, because
// the system does not choose them for outgoing connections or for servers that listen
// on port 0.
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

// claim takes a new block for this process.
func claim(t testing.TB) (next, last int) {
	t.Helper()
	const first = 10_000 // few services listen from here on
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
