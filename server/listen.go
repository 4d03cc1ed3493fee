package server

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/pires/go-proxyproto"

	"relay/conf"
	"relay/internal/certificates"
)

// Open opens an address, as net.Listen does.
type Open func(network, address string) (net.Listener, error)

var errNoClient = errors.New("the PROXY header names no address of a client by TCP")

// Listen opens the configured addresses, those for TLS last. The error names the
// address that failed and what to do; the others are closed then.
func Listen(live *conf.Live, certs *certificates.Store, listen Open) ([]net.Listener, error) {
	c := live.Config()
	var open []net.Listener
	fail := func(err error) ([]net.Listener, error) {
		for _, l := range open {
			l.Close()
		}
		return nil, err
	}
	for _, address := range c.Server.Listen {
		l, err := listen("tcp", address)
		if err != nil {
			return fail(explain(address, err))
		}
		open = append(open, proxied(live, l))
	}
	for _, address := range c.TLS.Listen {
		l, err := listen("tcp", address)
		if err != nil {
			return fail(explain(address, err))
		}
		open = append(open, secureListener{proxied(live, l)})
	}
	return open, nil
}

// proxied allows trusted proxies to begin a connection with the PROXY protocol, version
// 1 or 2, also before TLS. From any other client, such a header is an invalid request.
func proxied(c *conf.Live, l net.Listener) net.Listener {
	return &proxyproto.Listener{
		Listener:          l,
		ValidateHeader:    namesClient,
		ReadHeaderTimeout: time.Duration(c.Config().Limits.HeaderTimeout),
		ConnPolicy: func(from proxyproto.ConnPolicyOptions) (proxyproto.Policy, error) {
			return trusts(c, from.Upstream), nil
		},
	}
}

// namesClient returns an error for a PROXY header that stands for a client without its
// address: bans and limits would have no address to check.
func namesClient(h *proxyproto.Header) error {
	if _, ok := h.SourceAddr.(*net.TCPAddr); !ok && !h.Command.IsLocal() {
		return errNoClient
	}
	return nil
}

// ListenShoutcast opens the configured address for SHOUTcast sources, or returns nil if
// there is none. Its connections are served like any others: SHOUTcast programs merely
// connect to the port after the one that they are told.
func ListenShoutcast(live *conf.Live, listen Open) (net.Listener, error) {
	c := live.Config()
	if c.Server.ShoutcastListen == "" {
		return nil, nil
	}
	l, err := listen("tcp", c.Server.ShoutcastListen)
	if err != nil {
		return nil, explain(c.Server.ShoutcastListen, err)
	}
	return proxied(live, l), nil
}

// NextPort opens the port after that of an open address, or returns nil if it is not
// free.
func NextPort(main net.Addr) net.Listener {
	at, ok := main.(*net.TCPAddr)
	if !ok {
		return nil
	}
	next := *at
	next.Port++
	l, err := net.Listen("tcp", next.String())
	if err != nil {
		return nil
	}
	return l
}

// explain adds the remedy to an error of Open.
func explain(address string, err error) error {
	switch {
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("cannot listen on %s: %w (ports below 1024 need a privilege: choose a higher port)", address, err)
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("cannot listen on %s: the port is in use by another program (stop it, or choose another port: relay --listen :9000)", address)
	}
	return fmt.Errorf("cannot listen on %s: %w", address, err)
}
