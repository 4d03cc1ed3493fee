//go:build linux

package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// runFloor does the least that a server could do: it accepts, answers a head with a
// burst, and then only writes the same bytes to every socket with write(2), once per
// cadence, spread over slots of 10 ms. It has no source, titles or limits; a full
// socket loses bytes.
func runFloor(cadence time.Duration) error {
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(door.Addr())
	const burst = 64 << 10
	const slotTime = 10 * time.Millisecond
	slots := make([][]floorSocket, cadence/slotTime)
	var mu sync.Mutex // guards slots and audio
	var audio []byte  // everything that was played, in whole frames
	clock := newFrameClock(time.Now().Add(-feedAhead))
	audio = append(audio, clock.due(time.Now())...)

	go func() {
		for n := 0; ; n++ {
			conn, err := door.Accept()
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			conn.Read(make([]byte, 4096)) // the load sends its head at once
			raw, err := conn.(*net.TCPConn).File()
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			conn.Close()
			fd := int(raw.Fd())
			syscall.SetNonblock(fd, true)
			floorFiles = append(floorFiles, raw)
			mu.Lock()
			start := max(0, len(audio)-burst)
			if start > 0 { // at a frame
				start += bytes.Index(audio[start:], []byte{0xff, 0xfb})
			}
			syscall.Write(fd, []byte("HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n"))
			written, _ := syscall.Write(fd, audio[start:])
			slots[n%len(slots)] = append(slots[n%len(slots)], floorSocket{fd, start + written})
			mu.Unlock()
		}
	}()

	for due, slot := time.Now(), 0; ; slot = (slot + 1) % len(slots) {
		mu.Lock()
		audio = append(audio, clock.due(time.Now())...)
		for i := range slots[slot] {
			s := &slots[slot][i]
			if news := audio[s.at:]; len(news) > 0 {
				n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(s.fd), uintptr(unsafe.Pointer(&news[0])), uintptr(len(news)))
				if errno == 0 {
					s.at += int(n)
				}
			}
		}
		mu.Unlock()
		due = due.Add(slotTime)
		time.Sleep(time.Until(due))
	}
}

type floorSocket struct{ fd, at int }

// floorFiles prevents finalizers from closing the sockets.
var floorFiles []*os.File
