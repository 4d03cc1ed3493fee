package logging

import (
	"io"
	"sync/atomic"
	"time"
)

const (
	queuedLines = 10_000
	queuedBytes = 4 << 20

	// goodbye is how long the reader of the log may take for what is left at
	// the end.
	goodbye = 3 * time.Second
)

// queue passes lines on to a writer that may block or fail. Those who write to
// it never wait.
type queue struct {
	to     io.Writer
	notice func(lost int64, reason string) []byte // the line that says so

	lines   chan queued
	bytes   atomic.Int64 // in lines
	dropped atomic.Int64 // that found no room, since the last that did
	lost    atomic.Int64 // all of them
	closing chan struct{}
	done    chan struct{}

	// Of the goroutine of run.
	untold int64  // lines that were lost and are not in a notice yet
	reason string // of the last of them
	torn   bool   // the last line was written in part
}

type queued struct {
	line    []byte
	dropped int64 // lines that would have come before it
}

func newQueue(to io.Writer, notice func(lost int64, reason string) []byte) *queue {
	return &queue{to: to, notice: notice, lines: make(chan queued, queuedLines), closing: make(chan struct{}), done: make(chan struct{})}
}

// Write queues a copy of a line, or drops it when there is no room. It never
// fails.
func (q *queue) Write(line []byte) (int, error) {
	room := q.bytes.Add(int64(len(line))) <= queuedBytes
	if room {
		dropped := q.dropped.Swap(0)
		select {
		case q.lines <- queued{append([]byte(nil), line...), dropped}:
			return len(line), nil
		default:
			q.dropped.Add(dropped)
		}
	}
	q.bytes.Add(-int64(len(line)))
	q.dropped.Add(1)
	q.lost.Add(1)
	return len(line), nil
}

// Sync does nothing: a line is written as soon as its reader takes it.
func (q *queue) Sync() error { return nil }

// run writes lines until close is called, and then those that are left.
func (q *queue) run() {
	defer close(q.done)
	for {
		select {
		case l := <-q.lines:
			q.pass(l)
			continue
		case <-q.closing:
		}
		for len(q.lines) > 0 {
			q.pass(<-q.lines)
		}
		return
	}
}

// close ends run, and waits a while for the lines that are left.
func (q *queue) close(wait time.Duration) {
	close(q.closing)
	select {
	case <-q.done:
	case <-time.After(wait):
	}
}

// pass writes a line and, if lines are missing before or after it, how many.
func (q *queue) pass(l queued) {
	q.bytes.Add(-int64(len(l.line)))
	q.miss(l.dropped)
	if !q.tell() || !q.write(l.line) {
		q.untold++
		q.lost.Add(1)
	}
	if len(q.lines) == 0 {
		q.miss(q.dropped.Swap(0))
		q.tell()
	}
}

func (q *queue) miss(dropped int64) {
	if dropped > 0 {
		q.untold += dropped
		q.reason = "their reader was too slow"
	}
}

// tell writes how many lines are missing, if any are, and reports whether the
// log can be written as far as it knows.
func (q *queue) tell() bool {
	if q.untold == 0 {
		return true
	}
	if !q.write(q.notice(q.untold, q.reason)) {
		return false
	}
	q.untold, q.reason = 0, ""
	return true
}

func (q *queue) write(line []byte) bool {
	if q.torn {
		line = append([]byte("\n"), line...)
	}
	n, err := q.to.Write(line)
	if err != nil {
		q.torn = n > 0 || q.torn
		q.reason = err.Error()
		return false
	}
	q.torn = false
	return true
}
