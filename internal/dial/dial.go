// Package dial connects to hosts with several addresses, some of which may be dead: it
// tries them in parallel, a moment apart, and keeps the first connection (RFC 8305,
// "Happy Eyeballs").
package dial

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

const (
	// stagger is the delay before the next address is tried as well (RFC 8305, section
	// 5).
	stagger = 250 * time.Millisecond

	// maxAddresses is the maximum number of addresses of a host that are tried.
	maxAddresses = 40

	// maxHosts is the maximum number of hosts whose working address is remembered.
	maxHosts = 1000
)

// Dialer dials TCP. Its zero value resolves and connects as package net does.
// Safe for concurrent use.
type Dialer struct {
	// Lookup returns the addresses of a host. Nil: those of net.DefaultResolver.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	// Connect connects to one address, an IP and a port. Every address passes it,
	// so it may refuse some. Nil: a net.Dialer.
	Connect func(ctx context.Context, network, address string) (net.Conn, error)
	// Timeout limits a whole DialContext. 0: only ctx does.
	Timeout time.Duration

	mu    sync.Mutex
	known map[string]experience // by "host:port"
}

// experience is what is known about the addresses of a host. Either may be invalid.
type experience struct {
	worked netip.Addr // last answered; tried first
	failed netip.Addr // accepted a connection but did not answer; tried last
}

// DialContext connects to address, which is "host:port". It fails when ctx ends or no
// address of the host accepts a connection.
func (d *Dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	if d.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.Timeout)
		defer cancel()
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	if _, err := netip.ParseAddr(host); err == nil || host == "" {
		return d.connect(ctx, network, address)
	}
	addrs, err := d.lookup(ctx, host)
	if err != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: err}
	}
	addrs = slices.DeleteFunc(addrs, func(a netip.Addr) bool {
		return network == "tcp4" && !a.Unmap().Is4() || network == "tcp6" && a.Unmap().Is4()
	})
	if len(addrs) == 0 {
		return nil, &net.OpError{Op: "dial", Net: network, Err: &net.AddrError{Err: "no suitable address found", Addr: host}}
	}
	d.mu.Lock()
	known := d.known[address]
	d.mu.Unlock()
	return d.race(ctx, network, port, order(addrs, known))
}

// Worked records that an address of a host gave a useful answer, so that it is tried
// first the next time. address is the dialled "host:port".
func (d *Dialer) Worked(address string, remote net.Addr) { d.note(address, remote, true) }

// Failed records that an address of a host accepted a connection but gave no useful
// answer, so that it is tried last the next time.
func (d *Dialer) Failed(address string, remote net.Addr) { d.note(address, remote, false) }

func (d *Dialer) note(address string, remote net.Addr, worked bool) {
	at, err := netip.ParseAddrPort(remote.String())
	if err != nil {
		return
	}
	addr := at.Addr().Unmap()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known == nil || len(d.known) >= maxHosts {
		d.known = map[string]experience{}
	}
	e := d.known[address]
	switch {
	case worked && e.failed == addr:
		e = experience{worked: addr}
	case worked:
		e.worked = addr
	case e.worked == addr:
		e = experience{failed: addr}
	default:
		e.failed = addr
	}
	d.known[address] = e
}

// order returns the addresses in the order of attempts: the families alternate,
// beginning with that of the first address, and the order within a family is random. So
// a dead address does not delay every attempt.
func order(addrs []netip.Addr, known experience) []netip.Addr {
	var families [2][]netip.Addr // the first one has the family of the first address
	for _, a := range addrs {
		a = a.Unmap()
		family := 0
		if a.Is4() != addrs[0].Unmap().Is4() {
			family = 1
		}
		if !slices.Contains(families[family], a) {
			families[family] = append(families[family], a)
		}
	}
	for _, f := range families {
		rand.Shuffle(len(f), func(i, j int) { f[i], f[j] = f[j], f[i] })
	}
	var list []netip.Addr
	for i := range max(len(families[0]), len(families[1])) {
		for _, f := range families {
			if i < len(f) {
				list = append(list, f[i])
			}
		}
	}
	if i := slices.Index(list, known.failed); i >= 0 {
		list = append(slices.Delete(list, i, i+1), known.failed)
	}
	if i := slices.Index(list, known.worked); i > 0 {
		list = slices.Insert(slices.Delete(list, i, i+1), 0, known.worked)
	}
	return list[:min(len(list), maxAddresses)]
}

// race connects to the addresses in order, each a moment after the previous one or as
// soon as that has failed, and returns the first connection. After it has returned,
// other attempts end as soon as Connect notices that its context has ended.
func (d *Dialer) race(ctx context.Context, network, port string, addrs []netip.Addr) (net.Conn, error) {
	racing, stop := context.WithCancel(ctx)
	defer stop()
	type result struct {
		conn net.Conn
		err  error
	}
	results := make(chan result)
	next := time.NewTimer(0)
	defer next.Stop()
	var failed []error
	for tried := 0; ; {
		select {
		case <-next.C:
			address := net.JoinHostPort(addrs[tried].String(), port)
			tried++
			go func() {
				conn, err := d.connect(racing, network, address)
				select {
				case results <- result{conn, err}:
				case <-racing.Done():
					if err == nil {
						conn.Close()
					}
				}
			}()
			if tried < len(addrs) {
				next.Reset(stagger)
			}
		case r := <-results:
			if r.err == nil {
				return r.conn, nil
			}
			if failed = append(failed, r.err); len(failed) == len(addrs) {
				return nil, allFailed(failed)
			}
			if tried < len(addrs) {
				next.Reset(0)
			}
		case <-ctx.Done():
			return nil, allFailed(append([]error{&net.OpError{Op: "dial", Net: network, Err: ctx.Err()}}, failed...))
		}
	}
}

// allFailed holds the errors of all addresses, in the order in which the attempts
// ended.
type allFailed []error

func (f allFailed) Error() string {
	if len(f) == 1 {
		return f[0].Error()
	}
	return fmt.Sprintf("%v (and %d more attempts failed)", f[0], len(f)-1)
}

func (f allFailed) Unwrap() []error { return f }

// Timeout reports whether the attempts took too long, as in net.Error.
func (f allFailed) Timeout() bool {
	var err net.Error
	return errors.Is(f[0], context.DeadlineExceeded) || errors.As(f[0], &err) && err.Timeout()
}

// Temporary is part of net.Error.
func (f allFailed) Temporary() bool { return false }

func (d *Dialer) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if d.Lookup != nil {
		return d.Lookup(ctx, host)
	}
	return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
}

func (d *Dialer) connect(ctx context.Context, network, address string) (net.Conn, error) {
	if d.Connect != nil {
		return d.Connect(ctx, network, address)
	}
	return (&net.Dialer{}).DialContext(ctx, network, address)
}
