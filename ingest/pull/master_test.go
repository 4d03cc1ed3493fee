package pull

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relay/conf"
	"relay/internal/version"
	"relay/mounts"
)

// enslaved is a server with the master m:8000.
type enslaved struct {
	*elsewhereNet
	registry *mounts.Registry
	log      *observer.ObservedLogs
	list     atomic.Pointer[string] // the master's answer
	stop     func()
}

const maxMounts = 20

func startMaster(t *testing.T) *enslaved {
	core, logs := observer.New(zap.InfoLevel)
	s := &enslaved{
		elsewhereNet: &elsewhereNet{servers: map[string]func(net.Conn){}},
		registry:     mounts.NewRegistry(conf.NewLive(conf.Default()), nil, zap.NewNop()),
		log:          logs,
	}
	none := recorded
	s.list.Store(&none)
	s.set("m:8000", s.answer)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	master := &Master{
		Puller: s.puller(), Log: zap.New(core),
		From:   conf.Master{URL: "http://m:8000/", User: "relay", Password: "pw", Interval: conf.Duration(time.Minute)},
		Except: func(mount string) bool { return mount == "/own" },
		Most:   func() int { return maxMounts },
		Relay: func(from conf.Relay) *Relay {
			return &Relay{Registry: s.registry, Puller: s.puller(), Log: zap.NewNop(), From: from, Timeout: 10 * time.Second}
		},
	}
	go func() {
		defer close(done)
		master.Run(ctx)
	}()
	s.stop = func() {
		cancel()
		<-done
		s.registry.Close()
		s.open.Wait()
	}
	return s
}

// answer serves a connection as the master.
func (s *enslaved) answer(conn net.Conn) {
	asked := s.asked()
	if strings.HasPrefix(asked[len(asked)-1], "GET /admin/streamlist.txt ") {
		io.WriteString(conn, *s.list.Load())
		return
	}
	plays(icecast, 1)(conn)
}

// mounts returns the names of the mounts that play, in order.
func (s *enslaved) mounts() string {
	var names []string
	for _, m := range s.registry.List() {
		if sounds(m) {
			names = append(names, m.Name)
		}
	}
	return strings.Join(names, " ")
}

// recorded is the head of a list (e2e/recorded/relay-slave-of-master.txt).
const recorded = "HTTP/1.0 200 OK\r\nServer: Icecast 2.4.4\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"

func TestMaster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startMaster(t)
		steps := []struct{ name, list, mounts string }{
			{"nothing", recorded, ""},
			{"two mounts", recorded + "/one.mp3\r\n/two three.mp3\r\n", "/one.mp3 /two three.mp3"},
			{"one more, LF alone", recorded + "/one.mp3\n/two three.mp3\n/four", "/four /one.mp3 /two three.mp3"},
			{"names that cannot be, and one of our own", recorded + "/one.mp3\n/../x\nhttp://x/\n/admin/x\n\n/own\n/two three.mp3\n/four", "/four /one.mp3 /two three.mp3"},
			{"one missing", recorded + "/one.mp3\n/four\n", "/four /one.mp3 /two three.mp3"},
			{"one missing again", recorded + "/one.mp3\n/four\n", "/four /one.mp3"},
			{"one is back", recorded + "/one.mp3\n/four\n/two three.mp3\n", "/four /one.mp3 /two three.mp3"},
			{"login refused", "HTTP/1.0 401 Authentication Required\r\n\r\n", "/four /one.mp3 /two three.mp3"},
			{"not a list", "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html>", "/four /one.mp3 /two three.mp3"},
			{"cut short", "HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\n/one.mp3\n", "/four /one.mp3 /two three.mp3"},
			{"too long", recorded + strings.Repeat("/one.mp3\n", 200_000), "/four /one.mp3 /two three.mp3"},
		}
		time.Sleep(30 * time.Second) // one update interval
		for _, step := range steps {
			s.list.Store(&step.list)
			time.Sleep(time.Minute)
			if got := s.mounts(); got != step.mounts {
				t.Errorf("%s: mounts %q, want %q", step.name, got, step.mounts)
			}
		}
		want := "GET /admin/streamlist.txt HTTP/1.0\r\nUser-Agent: " + version.Server() + "\r\nHost: m:8000\r\nAuthorization: Basic cmVsYXk6cHc=\r\n\r\n"
		if got := s.asked()[0]; got != want {
			t.Errorf("asked\n%swant\n%s", got, want)
		}
		for _, head := range s.asked() {
			if strings.HasPrefix(head, "GET /two") && (!strings.HasPrefix(head, "GET /two%20three.mp3 HTTP/1.0\r\n") || strings.Contains(head, "Authorization")) {
				t.Errorf("asked\n%s", head)
			}
		}
		if got := s.log.FilterMessage("cannot get the master's list of mounts").Len(); got != 4 {
			t.Errorf("%d complaints, want one for each reason", got)
		}
		s.stop()
	})
}

// A master that is away is asked often at first, and its mounts stay.
func TestMasterThatIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startMaster(t)
		list := recorded + "/one\n"
		s.list.Store(&list)
		time.Sleep(2 * time.Minute)
		s.set("m:8000", hangs(""))
		asked := s.dials.Load()
		time.Sleep(time.Hour)
		if n := s.dials.Load() - asked; n < 80 || n > 200 {
			t.Errorf("asked %d times in an hour", n)
		}
		if n := s.log.FilterMessage("cannot get the master's list of mounts").Len(); n != 1 {
			t.Errorf("said %d times", n)
		}
		s.set("m:8000", s.answer)
		time.Sleep(time.Minute)
		if s.mounts() != "/one" {
			t.Errorf("mounts %q", s.mounts())
		}
		s.stop()
	})
}

// A master's list cannot create more mounts here than limits.sources allows.
func TestMasterWithTooManyMounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startMaster(t)
		var many strings.Builder
		many.WriteString(recorded)
		for n := range 10_000 {
			fmt.Fprintf(&many, "/%d\n", n%5_000)
		}
		list := many.String()
		s.list.Store(&list)
		time.Sleep(5 * time.Minute)
		if n := len(s.registry.List()); n != maxMounts || !sounds(s.registry.Find("/0")) {
			t.Errorf("%d mounts", n)
		}
		said := s.log.FilterMessageSnippet("more mounts than limits.sources").All()
		if len(said) != 1 || said[0].ContextMap()["left out"] != int64(5_000-maxMounts) {
			t.Errorf("said %v", said)
		}
		shorter := recorded + "/4998\n/4999\n"
		s.list.Store(&shorter)
		time.Sleep(5 * time.Minute)
		if got := s.mounts(); got != "/4998 /4999" {
			t.Errorf("mounts %q of a shorter list", got)
		}
		s.stop()
	})
}

// A server that is slow to accept gets few connection attempts at once, and no other
// server waits for it.
func TestDialsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most int
		var mu sync.Mutex
		p := &Puller{dial: func(ctx context.Context, _, address string) (net.Conn, error) {
			if address == "slow:80" {
				mu.Lock()
				now++
				most = max(most, now)
				mu.Unlock()
				<-ctx.Done()
				mu.Lock()
				now--
				mu.Unlock()
			}
			return nil, errors.New("no answer")
		}}
		ctx, cancel := context.WithCancel(t.Context())
		var relays sync.WaitGroup
		for range 100 {
			relays.Go(func() { p.stream(ctx, "http://slow/", login{}, "/live") })
		}
		synctest.Wait()
		began := time.Now()
		p.stream(ctx, "http://quick/", login{}, "/live")
		if time.Since(began) > 0 {
			t.Errorf("another server was reached after %v", time.Since(began))
		}
		time.Sleep(time.Minute)
		cancel()
		relays.Wait()
		if most != maxDials {
			t.Errorf("%d at once", most)
		}
		if len(p.dials.to) != 0 {
			t.Error("what was dialled is still held")
		}
	})
}

func TestParseStreamList(t *testing.T) {
	names, refused := parseStreamList([]byte("/a\r\n\r\n/b c \n//d\r\n/" + strings.Repeat("x", 300) + "\n/e"))
	if fmt.Sprint(names) != "[/a /b c /e]" || len(refused) != 2 {
		t.Errorf("got %q, refused %q", names, refused)
	}
}

func FuzzParseStreamList(f *testing.F) {
	f.Add([]byte("/live.mp3\r\n"))
	f.Add([]byte("/a\n/b\n\n/admin\n/\xff\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		names, refused := parseStreamList(text)
		for _, name := range slices.Concat(names, refused) {
			if !strings.Contains(string(text), name) || strings.ContainsAny(name, "\n") {
				t.Errorf("%q is not in the list", name)
			}
		}
		for _, name := range names {
			if err := conf.CheckMountName(name); err != nil {
				t.Error(err)
			}
		}
	})
}
