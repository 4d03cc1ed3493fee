package server

import (
	"fmt"
	"net"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relay/conf"
	"relay/internal/logging"
)

// silent is a connection from an address; closed tells what became of it.
type silent struct {
	net.Conn
	from   string
	closed bool
}

func (s *silent) RemoteAddr() net.Addr { return clientAddr(s.from) }
func (s *silent) Close() error         { s.closed = true; return nil }

func newStep(t *testing.T, toml string) (*crowd, *time.Time, *observer.ObservedLogs) {
	t.Helper()
	c, err := conf.Parse("relay.toml", []byte(toml))
	if err != nil {
		t.Fatal(err)
	}
	core, log := observer.New(zap.DebugLevel)
	d, now := newDoorstep(conf.NewLive(c), zap.New(logging.Limited(core))), time.Unix(1e9, 0)
	d.now = func() time.Time { return now }
	return d, &now, log
}

func TestTheOldestSilentConnectionGoes(t *testing.T) {
	d, now, log := newStep(t, "[limits]\nconnections = 3")
	var came []*silent
	comes := func(from string) (leave func()) {
		s := &silent{from: from}
		came = append(came, s)
		return d.enter(s)
	}
	leave := comes("192.0.2.1:1")
	comes("192.0.2.2:1")
	comes("192.0.2.3:1")
	leave()
	leave()
	comes("192.0.2.4:1")
	comes("192.0.2.5:1") // one too many, but all came just now
	for i, s := range came {
		if s.closed {
			t.Fatalf("connection %d of a crowd is closed", i)
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
	if d.all.Len() != 3 || len(d.by) != 1 {
		t.Errorf("%d wait, from %d addresses", d.all.Len(), len(d.by))
	}
}

func TestOneAddressHasItsOwnLimit(t *testing.T) {
	d, now, _ := newStep(t, "[limits]\nconnections_per_ip = 2\n[server]\ntrusted_proxies = ['10.0.0.1']")
	other := &silent{from: "192.0.2.9:1"}
	d.enter(other)
	var own, proxy []*silent
	for range 5 {
		*now = now.Add(silentFor)
		one, behind := &silent{from: "192.0.2.1:1"}, &silent{from: "10.0.0.1:1"}
		own, proxy = append(own, one), append(proxy, behind)
		d.enter(one)
		d.enter(behind)
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
	d.enter(first)
	d.enter(second)
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

// One address has no more requests answered at a time than it may have
// connections; those of all are bounded by the descriptors alone.
func TestRequestsOfOneAddressAreBounded(t *testing.T) {
	c, err := conf.Parse("relay.toml", []byte("[limits]\nconnections = 2\nconnections_per_ip = 2"))
	if err != nil {
		t.Fatal(err)
	}
	core, log := observer.New(zap.DebugLevel)
	d, now := newAnswered(conf.NewLive(c), zap.New(logging.Limited(core))), time.Unix(1e9, 0)
	d.now = func() time.Time { return now }
	var own, others []*silent
	for i := range 4 {
		one, other := &silent{from: "192.0.2.1:1"}, &silent{from: fmt.Sprintf("192.0.2.%d:1", 10+i)}
		own, others = append(own, one), append(others, other)
		d.enter(one)
		d.enter(other)
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
