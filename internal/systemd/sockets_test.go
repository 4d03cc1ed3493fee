package systemd

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSocketsFitAddresses(t *testing.T) {
	tests := []struct {
		open, wanted string
		want         bool
	}{
		{"0.0.0.0:8000", ":8000", true},
		{"[::]:8000", ":8000", true},
		{"[::]:8000", "0.0.0.0:8000", true},
		{"127.0.0.1:8000", "127.0.0.1:8000", true},
		{"127.0.0.1:8000", "localhost:8000", true},
		{"[::1]:8000", "[::1]:8000", true},
		{"127.0.0.1:8000", ":8000", false},
		{"0.0.0.0:8000", "127.0.0.1:8000", false},
		{"0.0.0.0:8000", ":8001", false},
		{"0.0.0.0:8000", ":0", false},
	}
	for _, tt := range tests {
		open, err := net.ResolveTCPAddr("tcp", tt.open)
		if err != nil {
			t.Fatal(err)
		}
		wanted, err := net.ResolveTCPAddr("tcp", tt.wanted)
		if err != nil {
			t.Fatal(err)
		}
		if got := isFor(open, wanted); got != tt.want {
			t.Errorf("%s for %s: %v", tt.open, tt.wanted, got)
		}
	}
}

// fileOf opens an address as the service manager does, and returns the socket.
func fileOf(t *testing.T, network, address string) (*os.File, net.Addr) {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	f, err := l.(interface{ File() (*os.File, error) }).File()
	if err != nil {
		t.Fatal(err)
	}
	return f, l.Addr()
}

func TestInheritedSocketsAreUsedOnce(t *testing.T) {
	fitting, address := fileOf(t, "tcp", "127.0.0.1:0")
	other, left := fileOf(t, "tcp", "127.0.0.1:0")
	local, _ := fileOf(t, "unix", filepath.Join(t.TempDir(), "s"))
	plain, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	sockets := adopt([]*os.File{plain, other, local, fitting})

	l, err := sockets.Listen("tcp", address.String())
	if err != nil || l.Addr().String() != address.String() {
		t.Fatalf("got %v, %v", l, err)
	}
	defer l.Close()
	conn, err := net.Dial("tcp", address.String())
	if err != nil {
		t.Fatalf("nobody listens: %v", err)
	}
	conn.Close()
	if _, err := sockets.Listen("tcp", address.String()); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("the same address again: %v", err)
	}
	opened, err := sockets.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	opened.Close()
	if _, err := sockets.Listen("tcp", "nonsense"); err == nil {
		t.Error("nonsense is an address")
	}
	if unused := sockets.Close(); len(unused) != 2 || unused[0].String() != left.String() {
		t.Errorf("left over: %v", unused)
	}
	if _, err := net.Dial("tcp", left.String()); err == nil {
		t.Error("a socket that nobody wants is still open")
	}
}

func TestNothingInherited(t *testing.T) {
	t.Setenv("LISTEN_FDS", "")
	s := Inherited()
	l, err := s.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if left := s.Close(); len(left) != 0 {
		t.Errorf("left over: %v", left)
	}
}
