//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"relay/codec/known"
)

// loadPlan is the task of the load process.
type loadPlan struct {
	Addr      string
	Mounts    []string // listeners are spread over these
	Codec     string   // key of what the mounts play; empty: numbered frames of MP3
	Listeners int
	OpenRate  int // connections a second; 0: all at once
	ICY       bool
	TLS       bool
	HLS       bool
	Again     bool // HLS: whose playlist has ended begins with it again
	Silent    int  // how many of the listeners never read
	Churn     int  // joins and leaves a second, in addition to the listeners
	Patience  time.Duration
	Warm      time.Duration
	Measure   time.Duration
}

// check reads the body of one listener's answer.
type check interface {
	feed(b []byte)
	// counts returns how many units have come whole, and how often the stream broke.
	counts() (units, breaks int)
}

// check returns what checks a listener of the plan.
func (p *loadPlan) check(metaint int) check {
	if p.Codec != "" {
		return &unitChecker{framer: known.ByKey(p.Codec).NewFramer()}
	}
	return newChecker(metaint)
}

// feeder starts a source of one of the plan's mounts.
func (p *loadPlan) feeder(ctx context.Context, s *subject, mount string) (*feeder, error) {
	if p.Codec == "" {
		return startFeeder(ctx, s, mount)
	}
	stream, err := newUnitClock(p.Codec)
	if err != nil {
		return nil, err
	}
	stream.next = time.Now().Add(-feedAhead)
	return startFeederOf(ctx, s, mount, known.ByKey(p.Codec).MediaType(), stream)
}

// loadEvent is a line printed by the load process.
type loadEvent struct {
	Phase  string // "opening", "measuring", "done"
	Open   int    `json:",omitempty"`
	Heard  int    `json:",omitempty"`
	Report *loadReport
}

// loadReport is the result of the load. Times are in seconds.
type loadReport struct {
	Listeners  int
	Heard      int // listeners that received audio
	FirstAudio struct{ P50, P99, Max float64 }
	LongestGap float64 // between two receptions of any listener, during the measurement
	Frames     int64   // checked frames, in total
	Breaks     int     // frames that did not continue the previous one
	Lost       int     // connections closed by the server
	SilentLost int     // of those, listeners that never read
	Bytes      int64   // of bodies, during the measurement
	Joined     int     // by churn
	JoinsHeard int
	Stall      float64 // the longest time for which the load itself did not poll
	CPU        float64 // CPU use of the load, in cores
}

// listening is one listener of the load.
type listening struct {
	fd       int
	begun    time.Time // connect
	first    time.Time // first byte of the body
	last     time.Time // last reception
	head     []byte    // nil once the body has begun
	check    check
	silent   bool
	churning bool
	request  []byte // not sent yet
}

// load runs listeners with epoll in one goroutine.
type load struct {
	plan      loadPlan
	server    unix.SockaddrInet4
	epoll     int
	all       map[int]*listening
	churners  []*listening // the oldest first
	opened    int
	heard     int
	times     []float64 // to first audio
	report    loadReport
	measuring time.Time // zero: not yet
	buf       [256 << 10]byte
}

func emit(e loadEvent) { json.NewEncoder(os.Stdout).Encode(e) }

// runLoad carries out a plan and prints events.
func runLoad(plan loadPlan) error {
	switch {
	case plan.TLS:
		return runLoadTLS(plan)
	case plan.HLS:
		return runLoadHLS(plan)
	}
	if err := fits(plan.Listeners + 2*plan.Churn); err != nil {
		return err
	}
	addr, err := netip.ParseAddrPort(plan.Addr)
	if err != nil {
		return err
	}
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return err
	}
	l := &load{plan: plan, epoll: epoll, all: map[int]*listening{}}
	l.server = unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}
	l.report.Listeners = plan.Listeners

	started := time.Now()
	for l.opened < plan.Listeners {
		due := plan.Listeners
		if plan.OpenRate > 0 {
			due = min(due, 1+int(time.Since(started).Seconds()*float64(plan.OpenRate)))
		}
		for l.opened < due {
			if err := l.open(l.opened < plan.Silent, false); err != nil {
				return err
			}
		}
		l.poll(5 * time.Millisecond)
	}
	everyone := func() bool { return l.heard >= plan.Listeners-plan.Silent }
	var told time.Time
	for !everyone() && time.Since(started) < plan.Patience {
		l.poll(50 * time.Millisecond)
		if time.Since(told) > time.Second {
			emit(loadEvent{Phase: "opening", Open: l.opened, Heard: l.heard})
			told = time.Now()
		}
	}
	for until := time.Now().Add(plan.Warm); time.Now().Before(until); {
		l.poll(50 * time.Millisecond)
	}

	l.measuring = time.Now()
	l.report.Stall = 0
	cpuBefore, _ := cpuTime(os.Getpid())
	emit(loadEvent{Phase: "measuring", Open: len(l.all), Heard: l.heard})
	churned := 0
	for end := l.measuring.Add(plan.Measure); time.Now().Before(end); {
		wait := 50 * time.Millisecond
		if plan.Churn > 0 {
			wait = 5 * time.Millisecond
			for due := int(time.Since(l.measuring).Seconds() * float64(plan.Churn)); churned < due; churned++ {
				if err := l.churn(); err != nil {
					return err
				}
			}
		}
		l.poll(wait)
	}
	took := time.Since(l.measuring).Seconds()
	cpu, _ := cpuTime(os.Getpid())
	l.report.CPU = (cpu - cpuBefore).Seconds() / took
	l.report.Joined = churned
	now := time.Now()
	for _, c := range l.all {
		l.retire(c, now)
	}
	emit(loadEvent{Phase: "done", Report: l.summary()})
	return nil
}

// fits returns an error if a process may not have that many connections.
func fits(connections int) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	if uint64(connections)+50 > limit.Cur {
		return fmt.Errorf("%d listeners do not fit into the %d files a process may open here (ulimit -n): choose a smaller -n", connections, limit.Cur)
	}
	return nil
}

// connectFrom starts the connection of the nth listener. Source addresses are spread over
// 127.0.0.0/8, so that no pair of addresses runs out of ports. receive is the size of the
// receive buffer in bytes, 0 for the usual one.
func connectFrom(n int, server *unix.SockaddrInet4, receive int) (fd int, err error) {
	if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0); err != nil {
		return 0, fmt.Errorf("open listener %d: %w", n, err)
	}
	unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 1, byte(n / 200), byte(1 + n%200)}}); err != nil {
		return 0, fmt.Errorf("bind listener %d: %w", n, err)
	}
	if receive > 0 {
		unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receive)
	}
	if err := unix.Connect(fd, server); err != nil && err != unix.EINPROGRESS {
		return 0, fmt.Errorf("connect listener %d: %w", n, err)
	}
	return fd, nil
}

// open lets a listener connect.
func (l *load) open(silent, churning bool) error {
	n, receive := l.opened, 0
	if silent { // so that its receive buffer does not count as memory of the server
		receive = 4096
	}
	fd, err := connectFrom(n, &l.server, receive)
	if err != nil {
		return err
	}
	l.opened++
	ask := ""
	if l.plan.ICY {
		ask = "Icy-MetaData: 1\r\n"
	}
	c := &listening{
		fd: fd, begun: time.Now(), silent: silent, churning: churning, head: []byte{}, check: l.plan.check(0), // until the head is known
		request: fmt.Appendf(nil, "GET %s HTTP/1.0\r\nUser-Agent: relay-bench\r\n%s\r\n", l.plan.Mounts[n%len(l.plan.Mounts)], ask),
	}
	l.all[fd] = c
	if churning {
		l.churners = append(l.churners, c)
	}
	return unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLOUT, Fd: int32(fd)})
}

// churn lets one listener join and, once there is a second's worth of them, the oldest
// leave.
func (l *load) churn() error {
	if len(l.churners) >= l.plan.Churn {
		oldest := l.churners[0]
		l.churners = l.churners[1:]
		if l.all[oldest.fd] == oldest {
			if oldest.head == nil {
				l.report.JoinsHeard++
			}
			l.retire(oldest, time.Time{})
			unix.Close(oldest.fd)
			delete(l.all, oldest.fd)
		}
	}
	return l.open(false, true)
}

// poll handles pending events. It waits for them for at most that long.
func (l *load) poll(wait time.Duration) {
	var events [1024]unix.EpollEvent
	n, err := unix.EpollWait(l.epoll, events[:], int(wait.Milliseconds()))
	if err != nil {
		return
	}
	begun := time.Now()
	for _, e := range events[:n] {
		c := l.all[int(e.Fd)]
		switch {
		case c == nil:
		case len(c.request) > 0:
			l.send(c)
		default:
			l.receive(c)
		}
	}
	l.report.Stall = max(l.report.Stall, time.Since(begun).Seconds())
}

func (l *load) send(c *listening) {
	n, err := unix.Write(c.fd, c.request)
	if err != nil {
		if err != unix.EAGAIN {
			l.lose(c)
		}
		return
	}
	if c.request = c.request[n:]; len(c.request) > 0 {
		return
	}
	events := uint32(unix.EPOLLIN)
	if c.silent {
		events = 0 // hang-ups are reported anyway
	}
	unix.EpollCtl(l.epoll, unix.EPOLL_CTL_MOD, c.fd, &unix.EpollEvent{Events: events, Fd: int32(c.fd)})
}

// firstRead is how much of an answer is read at first, in bytes.
const firstRead = 4 << 10

func (l *load) receive(c *listening) {
	buf := l.buf[:]
	if c.head != nil { // checking a whole burst would delay the first audio of others
		buf = l.buf[:firstRead]
	}
	n, err := unix.Read(c.fd, buf)
	if err == unix.EAGAIN || err == unix.EINTR {
		return
	}
	if err != nil || n == 0 {
		l.lose(c)
		return
	}
	now, body := time.Now(), l.buf[:n]
	if c.head != nil {
		c.head = append(c.head, body...)
		end := bytes.Index(c.head, []byte("\r\n\r\n"))
		if end < 0 {
			return
		}
		body = bytes.Clone(c.head[end+4:])
		if l.plan.ICY {
			_, value, _ := bytes.Cut(c.head[:end], []byte("icy-metaint:"))
			c.check = l.plan.check(int(field("n "+string(value), "n")))
		}
		if len(body) == 0 {
			c.head = c.head[:end+4]
			return
		}
		c.head = nil
		c.first, c.last = now, now
		if !c.churning {
			l.heard++
		}
		l.times = append(l.times, now.Sub(c.begun).Seconds())
	}
	if !l.measuring.IsZero() {
		l.report.Bytes += int64(len(body))
		if !c.churning {
			l.gap(c, now)
		}
	}
	c.last = now
	c.check.feed(body)
}

// gap records the time since the listener's last reception.
func (l *load) gap(c *listening, now time.Time) {
	since := c.last
	if since.Before(l.measuring) {
		since = l.measuring
	}
	l.report.LongestGap = max(l.report.LongestGap, now.Sub(since).Seconds())
}

func (l *load) lose(c *listening) {
	if c.silent {
		l.report.SilentLost++
	} else {
		l.report.Lost++
	}
	l.retire(c, time.Time{})
	unix.Close(c.fd)
	delete(l.all, c.fd)
}

// retire adds a listener's counts to the report; now ends its last gap.
func (l *load) retire(c *listening, now time.Time) {
	frames, breaks := c.check.counts()
	l.report.Frames += int64(frames)
	l.report.Breaks += breaks
	if !now.IsZero() && !c.silent && !c.churning && c.head == nil {
		l.gap(c, now)
	}
}

func (l *load) summary() *loadReport {
	slices.Sort(l.times)
	if n := len(l.times); n > 0 {
		l.report.FirstAudio.P50 = l.times[n/2]
		l.report.FirstAudio.P99 = l.times[n*99/100]
		l.report.FirstAudio.Max = l.times[n-1]
	}
	l.report.Heard = l.heard
	return &l.report
}
