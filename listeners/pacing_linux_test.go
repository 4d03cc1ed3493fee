package listeners

import (
	"context"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"relay/conf"
	"relay/e2e/harness"
)

// throughLine calls test with the two ends of a TCP connection through a line with a
// queue of its own, a tc-tbf(8) on the loopback device of a network namespace.
func throughLine(t *testing.T, queue []string, test func(server *rawSocket, client *os.File)) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread ends with its namespace
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			harness.Missing(t, "a network namespace is not permitted: %v", err)
		}
		for _, command := range [][]string{
			{"ip", "link", "set", "lo", "mtu", "1500", "gso_max_segs", "2", "up"},
			append([]string{"tc", "qdisc", "add", "dev", "lo", "root", "tbf"}, queue...),
		} {
			if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
				harness.Missing(t, "%v: %v %s", command, err, out)
			}
		}
		server, client, err := tcpPair()
		if err != nil {
			t.Error(err)
			return
		}
		defer server.close()
		defer client.Close()
		test(server, client)
	}()
	<-done
}

// tcpPair returns the ends of a connection in the network namespace of this thread.
func tcpPair() (*rawSocket, *os.File, error) {
	door, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	defer unix.Close(door)
	if err := unix.Listen(door, 1); err != nil {
		return nil, nil, err
	}
	at, err := unix.Getsockname(door)
	if err != nil {
		return nil, nil, err
	}
	client, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	if err := unix.Connect(client, &unix.SockaddrInet4{Port: at.(*unix.SockaddrInet4).Port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return nil, nil, err
	}
	server, _, err := unix.Accept4(door, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
	if err != nil {
		return nil, nil, err
	}
	unix.SetNonblock(client, true)
	return &rawSocket{server}, os.NewFile(uintptr(client), "client"), nil
}

// A listener of 128 kbit/s on a line of 160 with a short queue loses less than with
// unpaced writes every 500 ms: its flushes become smaller until the queue holds them.
func TestALineWithAShortQueueLosesLittle(t *testing.T) {
	const lasts = 20 * time.Second
	var lost [2]uint32
	play := []func(*rawSocket){
		func(s *rawSocket) {
			for end := time.Now().Add(lasts); time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
				unix.Write(s.fd, make([]byte, 8000))
			}
		},
		func(s *rawSocket) {
			c, in := station(t, "[limits]\nburst = '6s'\n")
			ctx, stop := context.WithTimeout(t.Context(), lasts)
			defer stop()
			source := metronome{due: time.Now().Add(-time.Second), kbits: 128}
			var running sync.WaitGroup
			running.Go(func() { source.run(ctx, in) })
			for in.Mount.Stream.Played() < time.Second {
				time.Sleep(10 * time.Millisecond)
			}
			l := &listener{mount: in.Mount, socket: s}
			l.Since = time.Now()
			l.join(conf.Burst{})
			l.holds(6 * time.Second) // as if the burst were long played
			l.cadence.age = youth
			shard := newShard(flusher{conf: conf.NewLive(c)}, func(*listener, string) {}, func(time.Time) {})
			shard.add(l)
			shard.run(ctx)
			running.Wait()
		},
	}
	var lines sync.WaitGroup
	for i, play := range play {
		lines.Go(func() {
			throughLine(t, []string{"rate", "160kbit", "burst", "1600", "limit", "2000"}, func(server *rawSocket, client *os.File) {
				go io.Copy(io.Discard, client)
				play(server)
				lost[i] = server.lost()
			})
		})
	}
	lines.Wait()
	t.Logf("%d packets lost with writes every 500 ms, %d with flushes", lost[0], lost[1])
	if lost[0] == 0 || lost[1] >= lost[0] {
		t.Error("the line loses no less")
	}
}

// A paced flush is spread over time: it takes as long as its rate says, and comes in many
// pieces.
func TestPacedFlushIsSpread(t *testing.T) {
	const rate = 64000
	pieces := map[bool]int{}
	for _, paced := range []bool{false, true} {
		throughLine(t, []string{"rate", "1gbit", "burst", "1mb", "limit", "10mb"}, func(server *rawSocket, client *os.File) {
			buf := make([]byte, 64<<10)
			for range 20 { // until the window is large
				unix.Write(server.fd, buf[:16<<10])
				io.ReadFull(client, buf[:16<<10])
			}
			if paced {
				server.pace(rate)
			}
			began := time.Now()
			unix.Write(server.fd, buf[:rate/2])
			for left := rate / 2; left > 0; pieces[paced]++ {
				n, err := client.Read(buf)
				if err != nil {
					t.Error(err)
					return
				}
				left -= n
			}
			if took := time.Since(began); paced && took < 400*time.Millisecond {
				t.Errorf("half a second of the rate has arrived after %v", took)
			}
		})
	}
	if pieces[true] <= pieces[false] {
		t.Errorf("%d pieces without pacing, %d with it", pieces[false], pieces[true])
	}
}
