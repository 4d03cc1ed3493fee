package systemd

import (
	"net"
	"os"
	"sync"

	"github.com/coreos/go-systemd/v22/activation"
)

// Sockets are the open sockets handed over by the service manager, possibly none. Safe
// for concurrent use.
type Sockets struct {
	mu        sync.Mutex
	unclaimed []net.Listener
}

// Inherited takes over the sockets of LISTEN_FDS. Only the first call finds them.
// Descriptors that are not listening sockets are closed.
func Inherited() *Sockets { return adopt(activation.Files(true)) }

// adopt makes listeners from files, and closes the files.
func adopt(files []*os.File) *Sockets {
	s := &Sockets{}
	for _, f := range files {
		if l, err := net.FileListener(f); err == nil {
			s.unclaimed = append(s.unclaimed, l)
		}
		f.Close()
	}
	return s
}

// Listen returns the inherited socket for an address, once, or opens the address as
// net.Listen does. An address without a host matches a socket without one.
func (s *Sockets) Listen(network, address string) (net.Listener, error) {
	wanted, err := net.ResolveTCPAddr(network, address)
	if err != nil {
		return net.Listen(network, address) // its error describes the fault
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, l := range s.unclaimed {
		if open, ok := l.Addr().(*net.TCPAddr); ok && isFor(open, wanted) {
			s.unclaimed = append(s.unclaimed[:i], s.unclaimed[i+1:]...)
			return l, nil
		}
	}
	return net.Listen(network, address)
}

// isFor reports whether an open socket matches the wanted address.
func isFor(open, wanted *net.TCPAddr) bool {
	anywhere := func(a *net.TCPAddr) bool { return a.IP == nil || a.IP.IsUnspecified() }
	return open.Port == wanted.Port && (open.IP.Equal(wanted.IP) || anywhere(open) && anywhere(wanted))
}

// Close closes the sockets that Listen has not returned, and returns their addresses.
func (s *Sockets) Close() []net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	var left []net.Addr
	for _, l := range s.unclaimed {
		left = append(left, l.Addr())
		l.Close()
	}
	s.unclaimed = nil
	return left
}
