package dial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errRefused = errors.New("connection refused")

// network is a host with addresses, each of which answers, refuses, or is dead.
type network struct {
	addrs []netip.Addr
	does  map[string]string // by address: "answers", "refuses", "late"; all others are dead

	mu      sync.Mutex
	tried   []string
	at      []time.Time
	unended int // connections that were opened and not closed
}

func newNetwork(does map[string]string, addrs ...string) *network {
	n := &network{does: does}
	for _, a := range addrs {
		n.addrs = append(n.addrs, netip.MustParseAddr(a))
	}
	return n
}

type conn struct {
	net.Conn
	to *network
	at string
}

func (c conn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.at)) }

func (c conn) Close() error {
	c.to.mu.Lock()
	defer c.to.mu.Unlock()
	c.to.unended--
	return nil
}

func (n *network) dialer() *Dialer {
	return &Dialer{
		Lookup: func(context.Context, string) ([]netip.Addr, error) { return slices.Clone(n.addrs), nil },
		Connect: func(ctx context.Context, _, address string) (net.Conn, error) {
			host, _, _ := net.SplitHostPort(address)
			n.mu.Lock()
			n.tried, n.at = append(n.tried, host), append(n.at, time.Now())
			n.mu.Unlock()
			switch n.does[host] {
			case "refuses":
				return nil, fmt.Errorf("%s: %w", address, errRefused)
			case "late": // and ignores the end of the race
				time.Sleep(600 * time.Millisecond)
			case "answers":
			default:
				<-ctx.Done()
				return nil, ctx.Err()
			}
			n.mu.Lock()
			defer n.mu.Unlock()
			n.unended++
			return conn{to: n, at: address}, nil
		},
	}
}

func TestOneOfTenAnswers(t *testing.T) {
	tests := []struct {
		name  string
		does  map[string]string
		addrs []string
		most  time.Duration
		fails error
	}{
		{"nine dead", map[string]string{"192.0.2.10": "answers"}, []string{"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5",
			"192.0.2.6", "192.0.2.7", "192.0.2.8", "192.0.2.9", "192.0.2.10"}, 9 * stagger, nil},
		{"IPv6 dead", map[string]string{"192.0.2.1": "answers"}, []string{"2001:db8::1", "2001:db8::2", "2001:db8::3", "192.0.2.1"}, stagger, nil},
		{"IPv4 dead", map[string]string{"2001:db8::1": "answers"}, []string{"192.0.2.1", "192.0.2.2", "2001:db8::1"}, stagger, nil},
		{"others refuse", map[string]string{"192.0.2.1": "refuses", "192.0.2.2": "refuses", "192.0.2.3": "answers"},
			[]string{"192.0.2.1", "192.0.2.2", "192.0.2.3"}, 0, nil},
		{"all refuse", map[string]string{"192.0.2.1": "refuses", "2001:db8::1": "refuses"}, []string{"192.0.2.1", "2001:db8::1"}, 0, errRefused},
		{"all dead", nil, []string{"192.0.2.1", "192.0.2.2"}, 10 * time.Second, context.DeadlineExceeded},
		{"dead or refusing", map[string]string{"192.0.2.2": "refuses"}, []string{"192.0.2.1", "192.0.2.2"}, 10 * time.Second, context.DeadlineExceeded},
		{"one address twice", map[string]string{"192.0.2.1": "answers"}, []string{"192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1"}, 0, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for range 20 { // the order is random
				synctest.Test(t, func(t *testing.T) {
					n := newNetwork(tt.does, tt.addrs...)
					ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
					defer cancel()
					began := time.Now()
					c, err := n.dialer().DialContext(ctx, "tcp", "radio.example:8000")
					if took := time.Since(began); took > tt.most {
						t.Errorf("took %v, want at most %v", took, tt.most)
					}
					if !errors.Is(err, tt.fails) {
						t.Fatalf("got %v, want %v", err, tt.fails)
					}
					if err == nil {
						c.Close()
					}
					synctest.Wait()
					n.mu.Lock()
					defer n.mu.Unlock()
					if n.unended != 0 {
						t.Errorf("%d connections are left open", n.unended)
					}
					if sorted := slices.Sorted(slices.Values(n.tried)); len(slices.Compact(sorted)) != len(n.tried) {
						t.Errorf("an address was tried twice: %v", n.tried)
					}
				})
			}
		})
	}
}

// A connection that is made after another has been chosen is closed.
func TestLateConnectionIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(map[string]string{"2001:db8::1": "late", "192.0.2.1": "answers"}, "2001:db8::1", "192.0.2.1")
		c, err := n.dialer().DialContext(t.Context(), "tcp", "radio.example:8000")
		if err != nil || c.RemoteAddr().String() != "192.0.2.1:8000" {
			t.Fatal(c, err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.unended != 1 {
			t.Errorf("%d connections are open, want that which was returned", n.unended)
		}
	})
}

func TestFamiliesTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork(nil, "2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2")
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		n.dialer().DialContext(ctx, "tcp", "radio.example:8000")
		synctest.Wait()
		n.mu.Lock()
		defer n.mu.Unlock()
		for i, host := range n.tried {
			if netip.MustParseAddr(host).Is6() != (i%2 == 0) {
				t.Errorf("tried %v", n.tried)
			}
			if i > 0 && n.at[i].Sub(n.at[i-1]) != stagger {
				t.Errorf("%v after the one before", n.at[i].Sub(n.at[i-1]))
			}
		}
		if len(n.tried) != 4 {
			t.Errorf("tried %v", n.tried)
		}
	})
}

// An address that answered is tried first the next time, one that did not last.
func TestExperience(t *testing.T) {
	answers := map[string]string{}
	var addrs []string
	for i := range 10 {
		addrs = append(addrs, fmt.Sprintf("192.0.2.%d", i))
		answers[addrs[i]] = "answers"
	}
	n := newNetwork(answers, addrs...)
	d := n.dialer()
	const address = "radio.example:8000"
	first := func() net.Addr {
		t.Helper()
		c, err := d.DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		return c.RemoteAddr()
	}
	seen := map[string]bool{}
	for range 200 {
		seen[first().String()] = true
	}
	if len(seen) != 10 {
		t.Errorf("of ten equal addresses only %v come first", seen)
	}
	good := first()
	d.Worked(address, good)
	for range 50 {
		if got := first(); got.String() != good.String() {
			t.Fatalf("first is %v, and %v has worked", got, good)
		}
	}
	d.Failed(address, good)
	for range 50 {
		if got := first(); got.String() == good.String() {
			t.Fatalf("first is %v, which has failed", got)
		}
	}
	d.Worked(address, good)
	if got := first(); got.String() != good.String() {
		t.Errorf("first is %v, and %v works again", got, good)
	}
	for i := range 3 * maxHosts {
		d.Worked(fmt.Sprint("host:", i), good)
	}
	if len(d.known) > maxHosts {
		t.Errorf("%d hosts are remembered", len(d.known))
	}
}

func TestManyAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		does := map[string]string{}
		var addrs []string
		for i := range 1000 {
			addrs = append(addrs, fmt.Sprintf("10.0.%d.%d", i/250, i%250))
			does[addrs[i]] = "refuses"
		}
		n := newNetwork(does, addrs...)
		if _, err := n.dialer().DialContext(t.Context(), "tcp", "radio.example:8000"); !errors.Is(err, errRefused) {
			t.Error(err)
		}
		if len(n.tried) != maxAddresses {
			t.Errorf("tried %d addresses", len(n.tried))
		}
	})
}

func TestWhatIsNoHost(t *testing.T) {
	n := newNetwork(map[string]string{"192.0.2.1": "answers", "2001:db8::1": "answers"}, "192.0.2.1", "2001:db8::1")
	d := n.dialer()
	for address, want := range map[string]string{"192.0.2.1:80": "192.0.2.1:80", "[2001:db8::1]:80": "[2001:db8::1]:80"} {
		d.Lookup = func(context.Context, string) ([]netip.Addr, error) {
			return nil, errors.New("an address was looked up")
		}
		if c, err := d.DialContext(t.Context(), "tcp", address); err != nil || c.RemoteAddr().String() != want {
			t.Error(c, err)
		}
	}
	if _, err := d.DialContext(t.Context(), "tcp", "radio.example"); err == nil {
		t.Error("an address without a port was dialled")
	}
	d = n.dialer()
	for network, want := range map[string]string{"tcp4": "192.0.2.1:80", "tcp6": "[2001:db8::1]:80"} {
		if c, err := d.DialContext(t.Context(), network, "radio.example:80"); err != nil || c.RemoteAddr().String() != want {
			t.Error(network, c, err)
		}
	}
	n.addrs = nil
	if _, err := d.DialContext(t.Context(), "tcp", "radio.example:80"); err == nil {
		t.Error("a host without addresses was dialled")
	}
}

// The zero value makes real connections.
func TestZeroDialer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	c, err := (&Dialer{}).DialContext(t.Context(), "tcp", net.JoinHostPort("localhost", port))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	peer, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	peer.Close()
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Error(err)
	}
}
