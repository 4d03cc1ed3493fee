//go:build linux

package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// hlsListener is one listener of the load by HLS. It keeps its connection.
type hlsListener struct {
	fd    int
	begun time.Time // connect
	last  time.Time // end of the last segment; zero: none yet
	due   time.Time // of its next playlist

	media   string   // path of its playlist; empty: not known yet
	asked   string   // path of what it is fetching; empty: nothing
	wanted  []string // paths of segments that it fetches next
	heard   int      // number of the last segment that it knows of; 0: none yet
	request []byte   // not sent yet

	head []byte // of the answer; nil: in its body
	left int    // bytes of the body that are still to come
	list playlistAnswer
	tag  []byte // the beginning of a segment, up to the end of the head of its ID3 tag
	skip int    // bytes of the ID3 tag that are still to come
	check
}

// playlistAnswer is an answer with a playlist.
type playlistAnswer struct {
	etag   string
	zipped bool
	body   []byte
}

// hlsLoad runs listeners by HLS with epoll in one goroutine.
type hlsLoad struct {
	plan      loadPlan
	server    unix.SockaddrInet4
	epoll     int
	all       map[int]*hlsListener
	waiting   []*hlsListener     // for their next playlist, the first one in front
	lists     map[string]hlsList // by ETag
	opened    int
	heard     int
	times     []float64 // to first audio
	report    loadReport
	measuring time.Time // zero: not yet
	buf       [256 << 10]byte
}

// runLoadHLS carries out a plan by HLS and prints events.
func runLoadHLS(plan loadPlan) error {
	if err := fits(plan.Listeners); err != nil {
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
	l := &hlsLoad{plan: plan, epoll: epoll, all: map[int]*hlsListener{}, lists: map[string]hlsList{}}
	l.server = unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}
	l.report.Listeners = plan.Listeners

	// They come within the time after which each fetches its playlist again, so that the
	// server is asked evenly.
	started := time.Now()
	for l.opened < plan.Listeners {
		due := min(plan.Listeners, 1+int(time.Since(started)*time.Duration(plan.Listeners)/playlistPace))
		for l.opened < due {
			if err := l.open(); err != nil {
				return err
			}
		}
		l.poll()
	}
	var told time.Time
	for l.heard < plan.Listeners && time.Since(started) < plan.Patience {
		l.poll()
		if time.Since(told) > time.Second {
			emit(loadEvent{Phase: "opening", Open: l.opened, Heard: l.heard})
			told = time.Now()
		}
	}
	for until := time.Now().Add(plan.Warm); time.Now().Before(until); {
		l.poll()
	}

	l.measuring = time.Now()
	l.report.Stall = 0
	cpuBefore, _ := cpuTime(os.Getpid())
	emit(loadEvent{Phase: "measuring", Open: len(l.all), Heard: l.heard})
	for end := l.measuring.Add(plan.Measure); time.Now().Before(end); {
		l.poll()
	}
	cpu, _ := cpuTime(os.Getpid())
	l.report.CPU = (cpu - cpuBefore).Seconds() / time.Since(l.measuring).Seconds()
	for _, c := range l.all {
		l.retire(c)
	}
	slices.Sort(l.times)
	if n := len(l.times); n > 0 {
		l.report.FirstAudio.P50, l.report.FirstAudio.P99, l.report.FirstAudio.Max = l.times[n/2], l.times[n*99/100], l.times[n-1]
	}
	l.report.Heard = l.heard
	emit(loadEvent{Phase: "done", Report: &l.report})
	return nil
}

// open lets a listener connect, from an address of its own.
func (l *hlsLoad) open() error {
	fd, err := connectFrom(l.opened, &l.server, 0)
	if err != nil {
		return err
	}
	l.opened++
	c := &hlsListener{fd: fd, begun: time.Now(), check: l.plan.check(0)}
	l.all[fd] = c
	if err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLOUT, Fd: int32(fd)}); err != nil {
		return err
	}
	c.ask(l.plan.Mounts[0] + ".m3u8")
	return nil
}

// poll sends what is due and handles pending events. It waits for a few milliseconds.
func (l *hlsLoad) poll() {
	now := time.Now()
	for len(l.waiting) > 0 && !l.waiting[0].due.After(now) {
		c := l.waiting[0]
		l.waiting = l.waiting[1:]
		if l.all[c.fd] == c {
			c.ask(c.media)
			l.send(c)
		}
	}
	var events [1024]unix.EpollEvent
	n, err := unix.EpollWait(l.epoll, events[:], 2)
	if err != nil {
		return
	}
	begun := time.Now()
	for _, e := range events[:n] {
		c := l.all[int(e.Fd)]
		if c == nil {
			continue
		}
		if e.Events&unix.EPOLLOUT != 0 {
			l.send(c)
		}
		if e.Events&^unix.EPOLLOUT != 0 && l.all[c.fd] == c {
			l.receive(c)
		}
	}
	l.report.Stall = max(l.report.Stall, time.Since(begun).Seconds())
}

// ask prepares the request for a file.
func (c *hlsListener) ask(file string) {
	c.asked, c.head = file, []byte{}
	c.request = fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: relay-bench\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n\r\n", file)
}

func (l *hlsLoad) send(c *hlsListener) {
	if len(c.request) == 0 {
		return
	}
	n, err := unix.Write(c.fd, c.request)
	if err == unix.EAGAIN {
		return
	}
	if err != nil {
		l.lose(c, err)
		return
	}
	if c.request = c.request[n:]; len(c.request) == 0 { // a socket with little to send has room
		unix.EpollCtl(l.epoll, unix.EPOLL_CTL_MOD, c.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(c.fd)})
	}
}

func (l *hlsLoad) receive(c *hlsListener) {
	n, err := unix.Read(c.fd, l.buf[:])
	if err == unix.EAGAIN || err == unix.EINTR {
		return
	}
	if err != nil || n == 0 || c.asked == "" {
		l.lose(c, fmt.Errorf("closed while it had asked for %q (%v)", c.asked, err))
		return
	}
	body := l.buf[:n]
	if c.head != nil {
		c.head = append(c.head, body...)
		end := bytes.Index(c.head, []byte("\r\n\r\n"))
		if end < 0 {
			return
		}
		head := c.head[:end]
		body = c.head[end+4:]
		c.head = nil
		if !bytes.HasPrefix(head, []byte("HTTP/1.1 200 ")) {
			l.lose(c, fmt.Errorf("%s: %s", c.asked, head))
			return
		}
		c.left = int(field(string(head), "Content-Length:"))
		c.list = playlistAnswer{etag: headerLine(head, "ETag: "), zipped: bytes.Contains(head, []byte("Content-Encoding: gzip"))}
		c.tag, c.skip = nil, 0
	}
	c.left -= len(body)
	if isPlaylist(c.asked) {
		c.list.body = append(c.list.body, body...)
	} else {
		if !l.measuring.IsZero() {
			l.report.Bytes += int64(len(body))
		}
		c.sound(body)
	}
	if c.left <= 0 {
		l.whole(c)
	}
}

func isPlaylist(file string) bool { return path.Ext(file) == ".m3u8" }

// headerLine returns the rest of the line of a head that begins with name, "" without one.
func headerLine(head []byte, name string) string {
	_, rest, _ := bytes.Cut(head, []byte("\r\n"+name))
	line, _, _ := bytes.Cut(rest, []byte("\r\n"))
	return string(line)
}

// sound checks the next bytes of a segment, which begins with an ID3 tag.
func (c *hlsListener) sound(b []byte) {
	const tagHead = 10
	if n := min(tagHead-len(c.tag), len(b)); n > 0 {
		c.tag = append(c.tag, b[:n]...)
		b = b[n:]
		if len(c.tag) == tagHead {
			for _, digit := range c.tag[6:] {
				c.skip = c.skip<<7 | int(digit)
			}
		}
	}
	n := min(c.skip, len(b))
	c.skip -= n
	c.feed(b[n:])
}

// whole goes on after a whole answer.
func (l *hlsLoad) whole(c *hlsListener) {
	now, file := time.Now(), c.asked
	switch {
	case !isPlaylist(file):
		l.played(c, now)
	case c.media == "":
		list, err := c.list.parse()
		if err != nil {
			l.lose(c, err)
			return
		}
		c.media = path.Join(path.Dir(file), list.files[0])
		c.ask(c.media)
		l.send(c)
		return
	default:
		c.due = now.Add(playlistPace)
		list, known := l.lists[c.list.etag]
		if !known {
			var err error
			if list, err = c.list.parse(); err != nil {
				l.lose(c, err)
				return
			}
			clear(l.lists)
			l.lists[c.list.etag] = list
		}
		l.choose(c, list)
	}
	c.list.body = nil
	if len(c.wanted) > 0 {
		c.ask(c.wanted[0])
		c.wanted = c.wanted[1:]
		l.send(c)
		return
	}
	c.asked = ""
	l.waiting = append(l.waiting, c)
	for i := len(l.waiting) - 1; i > 0 && l.waiting[i].due.Before(l.waiting[i-1].due); i-- {
		l.waiting[i], l.waiting[i-1] = l.waiting[i-1], l.waiting[i]
	}
}

// choose notes which segments of a playlist a listener fetches: the new ones or, at first,
// the last three.
func (l *hlsLoad) choose(c *hlsListener, list hlsList) {
	const first = 3
	last := list.last()
	switch {
	case l.plan.Again && (c.heard == 0 || c.heard >= last):
		c.heard = list.first - 1
		c.check = l.plan.check(0)
		last = list.first
	case l.plan.Again:
		last = c.heard + 1
	case c.heard == 0:
		c.heard = max(list.first, last-first+1) - 1
	}
	for c.heard = max(c.heard, list.first-1); c.heard < last; c.heard++ {
		c.wanted = append(c.wanted, path.Join(path.Dir(c.media), list.files[c.heard+1-list.first]))
	}
}

// played notes the end of a segment.
func (l *hlsLoad) played(c *hlsListener, now time.Time) {
	if c.last.IsZero() {
		l.heard++
		l.times = append(l.times, now.Sub(c.begun).Seconds())
	} else if !l.measuring.IsZero() {
		l.report.LongestGap = max(l.report.LongestGap, now.Sub(c.last).Seconds())
	}
	c.last = now
}

// parse returns what the playlist lists, at least one file.
func (a playlistAnswer) parse() (list hlsList, err error) {
	text := a.body
	if a.zipped {
		zip, err := gzip.NewReader(bytes.NewReader(text))
		if err != nil {
			return list, err
		}
		if text, err = io.ReadAll(zip); err != nil {
			return list, err
		}
	}
	if list = parseHLS(text); len(list.files) == 0 {
		return list, fmt.Errorf("a playlist lists nothing: %s", text)
	}
	return list, nil
}

func (l *hlsLoad) lose(c *hlsListener, err error) {
	if l.report.Lost++; l.report.Lost <= 5 {
		fmt.Fprintf(os.Stderr, "listener by HLS: %v\n", err)
	}
	l.retire(c)
	unix.Close(c.fd)
	delete(l.all, c.fd)
}

// retire adds a listener's counts to the report.
func (l *hlsLoad) retire(c *hlsListener) {
	frames, breaks := c.counts()
	l.report.Frames += int64(frames)
	l.report.Breaks += breaks
}
