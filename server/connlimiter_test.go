package server

import (
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relay/conf"
	"relay/internal/logging"
)

// silent is a connection from an address; closed reports whether it was closed.
type silent struct {
	net.Conn
	from   string
	closed bool
}

func (s *silent) RemoteAddr() net.Addr { return clientAddr(s.from) }
func (s *silent) Close() error         { s.closed = true; return nil }

// comes adds a connection to the limiter. 10.0.0.1 is a proxy.
func (c *connLimiter) comes(s *silent) *countedConn {
	addr := netip.MustParseAddrPort(s.from).Addr()
	if addr == netip.MustParseAddr("10.0.0.1") {
		return c.enter(s, nil)
	}
	return c.enter(s, conf.ClientPrefixes(addr))
}

func newStep(t *testing.T, toml string) (*connLimiter, *time.Time, *observer.ObservedLogs) {
	t.Helper()
	c, err := conf.Parse("relay.toml", []byte(toml))
	if err != nil {
		t.Fatal(err)
	}
	core, log := observer.New(zap.DebugLevel)
	live := conf.NewLive(c)
	d, now := newPending(live, zap.New(logging.Limited(core)), newBudget(live, maxInHeads, maxHead)), time.Unix(1e9, 0)
	d.now = func() time.Time { return now }
	return d, &now, log
}

func TestTheOldestSilentConnectionGoes(t *testing.T) {
	d, now, log := newStep(t, "[limits]\nconnections = 3")
	var came []*silent
	comes := func(from string) (leave func()) {
		s := &silent{from: from}
		came = append(came, s)
		return d.comes(s).leave
	}
	leave := comes("192.0.2.1:1")
	comes("192.0.2.2:1")
	comes("192.0.2.3:1")
	leave()
	leave()
	comes("192.0.2.4:1")
	comes("192.0.2.5:1") // above the limit, but all have just arrived
	for i, s := range came {
		if s.closed {
			t.Fatalf("connection %d is closed though none is old", i)
		}
	}
	*now = now.Add(silentFor)
	comes("192.0.2.6:1")
	for i, want := range []bool{false, true, true, false, false, false} {
		if came[i].closed != want {
			t.Errorf("connection %d is closed: %v", i, came[i].closed)
		}
	}
	for range 100 {
		*now = now.Add(silentFor)
		comes("192.0.2.7:1")
	}
	if n := log.Len(); n != 1 {
		t.Errorf("%d lines in the log of 102 connections", n)
	}
	if d.all.len() != 3 || len(d.of) != 1 {
		t.Errorf("%d wait, from %d addresses", d.all.len(), len(d.of))
	}
}

func TestOneAddressHasItsOwnLimit(t *testing.T) {
	d, now, _ := newStep(t, "[limits]\nconnections_per_ip = 2")
	other := &silent{from: "192.0.2.9:1"}
	d.comes(other)
	var own, proxy []*silent
	for range 5 {
		*now = now.Add(silentFor)
		one, behind := &silent{from: "192.0.2.1:1"}, &silent{from: "10.0.0.1:1"}
		own, proxy = append(own, one), append(proxy, behind)
		d.comes(one)
		d.comes(behind)
	}
	for i, want := range []bool{true, true, true, false, false} {
		if own[i].closed != want || proxy[i].closed {
			t.Errorf("connection %d: %v, that of the proxy: %v", i, own[i].closed, proxy[i].closed)
		}
	}
	if other.closed {
		t.Error("an older connection from elsewhere is closed")
	}
}

func TestWithoutDescriptorsTheOldestGoes(t *testing.T) {
	d, now, _ := newStep(t, "")
	first, second := &silent{from: "192.0.2.1:1"}, &silent{from: "192.0.2.1:2"}
	d.comes(first)
	d.comes(second)
	if d.makeRoom(silentFor) {
		t.Error("one that came just now goes as one that has waited")
	}
	*now = now.Add(silentFor)
	if !d.makeRoom(silentFor) || !first.closed || second.closed {
		t.Errorf("closed: %v, %v", first.closed, second.closed)
	}
	if !d.makeRoom(0) || d.makeRoom(0) {
		t.Error("not each goes once")
	}
}

// The server answers no more requests of one address at a time than the address may
// have connections. Only the descriptors limit the requests of all addresses together.
func TestRequestsOfOneAddressAreBounded(t *testing.T) {
	c, err := conf.Parse("relay.toml", []byte("[limits]\nconnections = 2\nconnections_per_ip = 2"))
	if err != nil {
		t.Fatal(err)
	}
	core, log := observer.New(zap.DebugLevel)
	live := conf.NewLive(c)
	d, now := newAnswered(live, zap.New(logging.Limited(core)), newBudget(live, maxInRequests, requestCost)), time.Unix(1e9, 0)
	d.now = func() time.Time { return now }
	var own, others []*silent
	for i := range 4 {
		one, other := &silent{from: "192.0.2.1:1"}, &silent{from: fmt.Sprintf("192.0.2.%d:1", 10+i)}
		own, others = append(own, one), append(others, other)
		d.comes(one)
		d.comes(other)
		now = now.Add(silentFor)
	}
	for i, want := range []bool{true, true, false, false} {
		if own[i].closed != want || others[i].closed {
			t.Errorf("request %d is broken off: %v, that of another address: %v", i, own[i].closed, others[i].closed)
		}
	}
	if lines := log.All(); len(lines) != 1 || lines[0].Message != d.why {
		t.Errorf("the log says %v", lines)
	}
}

// However many connections arrive at once, at most twice the limit stay, and the last
// one stays.
func TestAFloodIsBounded(t *testing.T) {
	const limits = "[limits]\nconnections = 100\nconnections_per_ip = 10\n"
	floods := map[string]struct {
		from func(i int) string
		most int
	}{
		"of an IPv4 address": {func(int) string { return "192.0.2.1:1" }, 20},
		"of a /64":           {func(i int) string { return fmt.Sprintf("[2001:db8::%x]:1", i) }, 20},
		"of a /56":           {func(i int) string { return fmt.Sprintf("[2001:db8:0:%x::1]:1", i%256) }, 80},
		"of a /48":           {func(i int) string { return fmt.Sprintf("[2001:db8:0:%x::1]:1", i) }, 100}, // half of the limit for all
		"of everybody":       {func(i int) string { return fmt.Sprintf("192.0.%d.%d:1", i/256, i%256) }, 200},
		"by a proxy":         {func(int) string { return "10.0.0.1:1" }, 200},
	}
	for name, flood := range floods {
		for _, queued := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, queued: %v", name, queued), func(t *testing.T) {
				d, _, _ := newStep(t, limits)
				var came []*silent
				var counted []*countedConn
				for i := range 1000 {
					s := &silent{from: flood.from(i)}
					g := d.comes(s)
					if queued {
						g.queue()
					}
					came, counted = append(came, s), append(counted, g)
				}
				if n := d.all.len(); n != flood.most {
					t.Errorf("%d stay, want %d", n, flood.most)
				}
				if came[len(came)-1].closed {
					t.Error("the last one is closed")
				}
				for i, s := range came {
					if s.closed != (counted[i].here.Err() != nil) {
						t.Fatalf("connection %d is closed: %v, and knows %v", i, s.closed, counted[i].here.Err())
					}
					counted[i].leave()
				}
				if d.all.len() != 0 || len(d.of) != 0 {
					t.Errorf("%d are left, of %d prefixes", d.all.len(), len(d.of))
				}
			})
		}
	}
}

// A connection that waits for the server does not count as silent.
func TestAConnectionThatWaitsForUsIsNotSilent(t *testing.T) {
	d, now, _ := newStep(t, "[limits]\nconnections = 2\n")
	first, second, third := &silent{from: "192.0.2.1:1"}, &silent{from: "192.0.2.2:1"}, &silent{from: "192.0.2.3:1"}
	waits := d.comes(first)
	waits.queue()
	d.comes(second)
	*now = now.Add(silentFor)
	d.comes(third)
	if first.closed || !second.closed {
		t.Errorf("the one that waits for us is closed: %v, the silent one: %v", first.closed, second.closed)
	}
	waits.unqueue()
	if *now = now.Add(silentFor / 2); d.makeRoom(silentFor) {
		t.Error("the time it waited for us counts as silence")
	}
	if *now = now.Add(silentFor / 2); !d.makeRoom(silentFor) || !third.closed {
		t.Error("the one that is silent longest stays")
	}
}

// A client whose address becomes known from the PROXY protocol has its own limit from
// then on.
func TestAClientByTheProxyProtocolIsCounted(t *testing.T) {
	d, now, _ := newStep(t, "[limits]\nconnections_per_ip = 2\n")
	client := conf.ClientPrefixes(netip.MustParseAddr("2001:db8::1"))
	var came []*silent
	for range 4 {
		s := &silent{from: "10.0.0.1:1"}
		came = append(came, s)
		d.comes(s).identified(client)
		*now = now.Add(silentFor)
	}
	for i, want := range []bool{true, true, false, false} {
		if came[i].closed != want {
			t.Errorf("connection %d is closed: %v", i, came[i].closed)
		}
	}
}
