// Package dial connects to hosts that have several addresses, some of which may
// be dead: it tries them side by side, a moment apart, and keeps the first
// connection that is made (RFC 8305, "Happy Eyeballs").
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
	// stagger is how long an address has before the next one is tried as well
	// (RFC 8305, section 5).
	stagger = 250 * time.Millisecond

	// mostAddresses bounds how many addresses of a host are tried.
	mostAddresses = 40

	// mostHosts bounds for how many hosts it is remembered which address works.
	mostHosts = 1000
)

// Dialer dials TCP. Its zero value resolves and connects as package net does.
// Safe for concurrent use.
type Dialer struct {
	// Lookup returns the addresses of a host. Nil: those of net.DefaultResolver.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	// Connect connects to one address, an IP and a port. Every address passes it,
	// so it may refuse some. Nil: a net.Dialer.
	Connect func(ctx context.Context, network, address string) (net.Conn, error)
	// Timeout bounds a whole DialContext. 0: ctx alone does.
	Timeout time.Duration

	mu    sync.Mutex
	known map[string]experience // by "host:port"
}

// experience is what is known of the addresses of a host. Either may be invalid.
type experience struct {
	worked netip.Addr // answered last; tried first
	failed netip.Addr // could be connected to and did not answer; tried last
}

// DialContext connects to address, which is "host:port". It fails when ctx ends
// or when no address of the host can be connected to.
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

// Worked notes that an address of a host gave a useful answer, so that it is
// tried first the next time. address is what was dialled, "host:port".
func (d *Dialer) Worked(address string, remote net.Addr) { d.note(address, remote, true) }

// Failed notes that an address of a host took a connection and gave no useful
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
	if d.known == nil || len(d.known) >= mostHosts {
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

// order returns the addresses in the order in which they are tried: the families
// take turns, beginning with that of the first address, and within a family
// chance decides. So a dead address is not in the way of every attempt.
func order(addrs []netip.Addr, known experience) []netip.Addr {
	var families [2][]netip.Addr // the first is that of the first address
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
	return list[:min(len(list), mostAddresses)]
}

// race connects to the addresses in their order, each a moment after the one
// before or as soon as that has failed, and returns the first connection. When
// it returns, no other attempt goes on for longer than Connect takes to see that
// its context has ended.
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

// allFailed is why no address could be connected to, in the order in which the
// attempts ended.
type allFailed []error

func (f allFailed) Error() string {
	if len(f) == 1 {
		return f[0].Error()
	}
	return fmt.Sprintf("%v (and %d more attempts failed)", f[0], len(f)-1)
}

func (f allFailed) Unwrap() []error { return f }

// Timeout reports whether the attempts took too long, as a net.Error does.
func (f allFailed) Timeout() bool {
	var err net.Error
	return errors.Is(f[0], context.DeadlineExceeded) || errors.As(f[0], &err) && err.Timeout()
}

// Temporary makes it a net.Error.
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
