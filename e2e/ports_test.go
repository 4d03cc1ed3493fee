package e2e

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"testing"
)

// taken has the ports that were given out in this run.
var taken struct {
	mu    sync.Mutex
	ports map[int]bool
}

// freePort returns a loopback address for those who must know it before they
// listen there.
func freePort(t testing.TB) string {
	t.Helper()
	return "127.0.0.1:" + itoa(freePorts(t, 1))
}

// freePorts returns the first of some ports in a row that are free, and stay so:
// they are none of those that the system gives to whoever wants any, nor to
// connections that go out.
func freePorts(t testing.TB, many int) int {
	t.Helper()
	const first = 10_000 // of those that services are seldom found on
	last := 32_767
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		var from, to int
		if fmt.Sscan(string(text), &from, &to); from > first+1000 {
			last = from - 1
		}
	}
	taken.mu.Lock()
	defer taken.mu.Unlock()
	if taken.ports == nil {
		taken.ports = map[int]bool{}
	}
search:
	for range 1000 {
		port := first + rand.IntN(last-first-many)
		for n := port; n < port+many; n++ {
			if taken.ports[n] {
				continue search
			}
			l, err := net.Listen("tcp", "127.0.0.1:"+itoa(n))
			if err != nil {
				continue search
			}
			l.Close()
		}
		for n := port; n < port+many; n++ {
			taken.ports[n] = true
		}
		return port
	}
	t.Fatalf("there are no %d free ports in a row", many)
	return 0
}
