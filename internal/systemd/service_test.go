package systemd

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// manager is the service manager's end of the socket.
type manager struct{ *net.UnixConn }

func newManager(t *testing.T, watchdog string) manager {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	t.Setenv("WATCHDOG_USEC", watchdog)
	t.Setenv("WATCHDOG_PID", "")
	return manager{conn}
}

// hears returns the next message.
func (m manager) hears(t *testing.T) string {
	t.Helper()
	b := make([]byte, 1000)
	m.SetReadDeadline(time.Now().Add(20 * time.Second))
	n, err := m.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n])
}

func TestAttend(t *testing.T) {
	for _, watchdog := range []string{"", "20000"} {
		t.Run("watchdog "+watchdog, func(t *testing.T) {
			m := newManager(t, watchdog)
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan struct{})
			go func() {
				defer close(done)
				Attend(ctx, func() bool { return true }, zap.NewNop())
			}()
			if said := m.hears(t); said != "READY=1" {
				t.Errorf("first it said %q", said)
			}
			if watchdog != "" {
				for range 3 {
					if said := m.hears(t); said != "WATCHDOG=1" {
						t.Errorf("then %q", said)
					}
				}
			}
			stop()
			said := m.hears(t)
			for said == "WATCHDOG=1" {
				said = m.hears(t)
			}
			if said != "STOPPING=1" {
				t.Errorf("at last it said %q", said)
			}
			<-done
		})
	}
}

// A server that does not answer itself is not reported as well.
func TestWatchdogOfAServerThatIsNotWell(t *testing.T) {
	m := newManager(t, "2000")
	core, logged := observer.New(zap.ErrorLevel)
	ctx, stop := context.WithCancel(t.Context())
	doubts := 0
	Attend(ctx, func() bool {
		if doubts++; doubts == 5 {
			stop()
		}
		return false
	}, zap.New(core))
	if got := m.hears(t) + " " + m.hears(t); got != "READY=1 STOPPING=1" {
		t.Errorf("it said %q", got)
	}
	if logged.FilterMessage("the server does not answer itself").Len() != 4 {
		t.Errorf("logged %v", logged.All())
	}
}

func TestReloading(t *testing.T) {
	m := newManager(t, "")
	Reloading(zap.NewNop())
	Ready(zap.NewNop())
	if said := m.hears(t); !strings.HasPrefix(said, "RELOADING=1\n") {
		t.Errorf("said %q", said)
	}
	if said := m.hears(t); said != "READY=1" {
		t.Errorf("said %q", said)
	}
}

func TestNobodyToTell(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	core, logged := observer.New(zap.DebugLevel)
	Ready(zap.New(core))
	t.Setenv("NOTIFY_SOCKET", filepath.Join(t.TempDir(), "none"))
	if logged.Len() != 0 {
		t.Errorf("without a service manager: %v", logged.All())
	}
	Ready(zap.New(core))
	if logged.Len() != 1 {
		t.Errorf("with one who is gone: %v", logged.All())
	}
	t.Setenv("WATCHDOG_USEC", "soon")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	Attend(ctx, nil, zap.New(core))
	if logged.FilterMessage("the watchdog is off").Len() != 1 {
		t.Errorf("with a wrong WATCHDOG_USEC: %v", logged.All())
	}
}
