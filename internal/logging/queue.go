package logging

import (
	"io"
	"sync/atomic"
	"time"
)

const (
	queuedLines = 10_000
	queuedBytes = 4 << 20

	// goodbye is how long the reader of the log may take for the remaining lines at
	// shutdown.
	goodbye = 3 * time.Second
)

// queue passes lines to a writer that may block or fail. Write never waits.
type queue struct {
	to     io.Writer
	notice func(lost int64, reason string) []byte // the line that reports lost lines

	lines   chan queued
	bytes   atomic.Int64 // of the queued lines
	dropped atomic.Int64 // lines dropped since the last one that was queued
	lost    atomic.Int64 // lines lost in total
	closing chan struct{}
	done    chan struct{}

	// Used only by the goroutine of run.
	untold int64  // lost lines that have not been reported yet
	reason string // for the loss of the last of them
	torn   bool   // the last line was written only in part
}

type queued struct {
	line    []byte
	dropped int64 // lines dropped before this one
}

func newQueue(to io.Writer, notice func(lost int64, reason string) []byte) *queue {
	return &queue{to: to, notice: notice, lines: make(chan queued, queuedLines), closing: make(chan struct{}), done: make(chan struct{})}
}

// Write queues a copy of a line, or drops the line if the queue is full. It never
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

// Sync does nothing: each line is written as soon as its reader takes it.
func (q *queue) Sync() error { return nil }

// run writes lines until close is called, and then the remaining ones.
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

// close ends run, and waits for the remaining lines for at most wait.
func (q *queue) close(wait time.Duration) {
	close(q.closing)
	select {
	case <-q.done:
	case <-time.After(wait):
	}
}

// pass writes a line and, if lines are missing before or after it, their number.
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

// tell writes the number of missing lines, if there are any, and reports whether the
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
