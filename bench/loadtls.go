//go:build linux

package main

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"
)

// runLoadTLS carries out a plan over TLS, with a goroutine for each listener. The cost
// of the load is not part of the result.
func runLoadTLS(plan loadPlan) error {
	l := &load{plan: plan}
	l.report.Listeners = plan.Listeners
	var mu sync.Mutex // guards l
	var listeners sync.WaitGroup
	end := make(chan struct{})
	handshakes := make(chan struct{}, 32)
	listen := func(mount string) error {
		begun := time.Now()
		handshakes <- struct{}{}
		conn, err := tls.Dial("tcp", plan.Addr, &tls.Config{InsecureSkipVerify: true})
		<-handshakes
		if err != nil {
			return err
		}
		defer conn.Close()
		go func() { <-end; conn.SetDeadline(time.Unix(0, 0)) }()
		fmt.Fprintf(conn, "GET %s HTTP/1.0\r\nUser-Agent: relay-bench\r\n\r\n", mount)
		in := bufio.NewReaderSize(conn, 16<<10)
		for line := ""; line != "\r\n"; {
			if line, err = in.ReadString('\n'); err != nil {
				return err
			}
		}
		c := &listening{check: plan.check(0)}
		defer func() {
			mu.Lock()
			defer mu.Unlock()
			l.retire(c, time.Time{})
		}()
		buf := make([]byte, 16<<10)
		for {
			n, err := in.Read(buf)
			now := time.Now()
			mu.Lock()
			if n > 0 && c.first.IsZero() {
				c.first, c.last = now, now
				l.heard++
				l.times = append(l.times, now.Sub(begun).Seconds())
			}
			if n > 0 && !l.measuring.IsZero() {
				l.report.Bytes += int64(n)
				l.gap(c, now)
			}
			mu.Unlock()
			if err != nil {
				return err
			}
			c.last = now
			c.check.feed(buf[:n])
		}
	}
	for i := range plan.Listeners {
		listeners.Go(func() {
			err := listen(plan.Mounts[i%len(plan.Mounts)])
			select {
			case <-end:
			default:
				mu.Lock()
				l.report.Lost++
				mu.Unlock()
				fmt.Fprintf(os.Stderr, "TLS listener %d: %v\n", i, err)
			}
		})
	}
	heard := func() int {
		mu.Lock()
		defer mu.Unlock()
		return l.heard + l.report.Lost
	}
	for started := time.Now(); heard() < plan.Listeners && time.Since(started) < plan.Patience; {
		time.Sleep(200 * time.Millisecond)
		emit(loadEvent{Phase: "opening", Open: plan.Listeners, Heard: heard()})
	}
	time.Sleep(plan.Warm)
	mu.Lock()
	l.measuring = time.Now()
	mu.Unlock()
	before, _ := cpuTime(os.Getpid())
	emit(loadEvent{Phase: "measuring", Open: plan.Listeners, Heard: heard()})
	time.Sleep(plan.Measure)
	after, _ := cpuTime(os.Getpid())
	close(end)
	listeners.Wait()
	l.report.CPU = (after - before).Seconds() / plan.Measure.Seconds()
	emit(loadEvent{Phase: "done", Report: l.summary()})
	return nil
}
