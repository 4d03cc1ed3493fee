package logging

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 30 * time.Second

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !condition(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// reader is the other end of a log: the text it has received, and its fault.
type reader struct {
	mu     sync.Mutex
	text   bytes.Buffer
	fault  error // the error of each write
	before int   // bytes of a line that are accepted before the error
}

func (r *reader) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fault != nil {
		n, _ := r.text.Write(b[:min(len(b), r.before)])
		return n, r.fault
	}
	return r.text.Write(b)
}

func (r *reader) fail(fault error, before int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault, r.before = fault, before
}

func (r *reader) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// newTestLog returns a log that is written to w until the test ends.
func newTestLog(t *testing.T, w io.Writer) *Log {
	t.Helper()
	l := New(w, zapcore.NewJSONEncoder(zapcore.EncoderConfig{MessageKey: "m"}), zap.InfoLevel)
	l.closeFor = 100 * time.Millisecond
	var running sync.WaitGroup
	running.Go(l.Run)
	t.Cleanup(func() {
		l.Close()
		running.Wait()
	})
	return l
}

func TestEachLineIsWrittenAtOnce(t *testing.T) {
	var out reader
	l := newTestLog(t, &out)
	for i := range 10 {
		l.Logger().Info(fmt.Sprint("line ", i))
		eventually(t, "the line", func() bool { return strings.HasSuffix(out.String(), fmt.Sprintf(`"line %d"}`+"\n", i)) })
	}
}

func TestLinesLeftAreWrittenAtTheEnd(t *testing.T) {
	var out reader
	l := New(&out, zapcore.NewJSONEncoder(zapcore.EncoderConfig{MessageKey: "m"}), zap.InfoLevel)
	for i := range 1000 { // before Run
		l.Logger().Info(fmt.Sprint("line ", i))
	}
	var running sync.WaitGroup
	running.Go(l.Run)
	l.Close()
	l.Close()
	running.Wait()
	if got := strings.Count(out.String(), "\n"); got != 1000 || l.Lost() != 0 {
		t.Errorf("%d lines are written, %d lost", got, l.Lost())
	}
}

var lossLine = regexp.MustCompile(`"lines of the log were lost","lost":(\d+),"reason":"([^"]*)"`)

// checkComplete checks that each line but the last ones is in the text or is among
// those reported as lost, and returns how many were lost.
func checkComplete(t *testing.T, text string, lines int) (lost int) {
	t.Helper()
	next := 0
	for line := range strings.Lines(text) {
		if m := lossLine.FindStringSubmatch(line); m != nil {
			var n int
			fmt.Sscan(m[1], &n)
			lost, next = lost+n, next+n
			continue
		}
		var n int
		if _, err := fmt.Sscanf(line, `{"m":"line %d`, &n); err != nil || !strings.HasSuffix(line, "\"}\n") {
			continue // a partial line
		}
		if n != next {
			t.Fatalf("line %d stands where line %d must", n, next)
		}
		next++
	}
	if next != lines {
		t.Errorf("%d lines are there or told of, want %d", next, lines)
	}
	return lost
}

func TestAReaderThatDoesNotReadHoldsUpNobody(t *testing.T) {
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer out.Close()
	l := newTestLog(t, out)
	log, padding := l.Logger(), strings.Repeat("x", 1000)
	lines := 0
	for l.Lost() < 1000 { // hangs if a caller waits
		log.Info(fmt.Sprint("line ", lines, " ", padding))
		lines++
	}
	if n := l.queue.bytes.Load(); n > queuedBytes {
		t.Errorf("%d bytes are queued", n)
	}
	var got reader
	var reading sync.WaitGroup
	reading.Go(func() { io.Copy(&got, in) })
	eventually(t, "the number of lost lines", func() bool { return lossLine.MatchString(got.String()) })
	for range 10 {
		log.Info(fmt.Sprint("line ", lines))
		lines++
	}
	eventually(t, "the last line", func() bool { return strings.Contains(got.String(), fmt.Sprintf(`"line %d"`, lines-1)) })
	if lost := checkComplete(t, got.String(), lines); int64(lost) != l.Lost() {
		t.Errorf("%d lines lost are told, %d counted", lost, l.Lost())
	}
	out.Close()
	reading.Wait()
}

func TestALogThatCannotBeWrittenIsGivenUpLineByLine(t *testing.T) {
	for _, c := range []struct {
		name   string
		fault  error
		before int
	}{
		{"a full disk", syscall.ENOSPC, 0},
		{"a disk that fills up within a line", syscall.ENOSPC, 7},
		{"a broken pipe", syscall.EPIPE, 0},
		{"a terminal that is gone", syscall.EIO, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out reader
			l := newTestLog(t, &out)
			write := func(from, to int) {
				for i := from; i < to; i++ {
					l.Logger().Info(fmt.Sprint("line ", i))
				}
			}
			write(0, 10)
			eventually(t, "ten lines", func() bool { return strings.Count(out.String(), "\n") == 10 })
			out.fail(c.fault, c.before)
			write(10, 110)
			eventually(t, "a hundred lost lines", func() bool { return l.Lost() == 100 })
			out.fail(nil, 0)
			write(110, 120)
			eventually(t, "the last line", func() bool { return strings.Contains(out.String(), `"line 119"`) })
			if lost := checkComplete(t, out.String(), 120); lost != 100 || l.Lost() != 100 {
				t.Errorf("%d lines lost are told, %d counted", lost, l.Lost())
			}
			if m := lossLine.FindStringSubmatch(out.String()); m == nil || m[2] != c.fault.Error() {
				t.Errorf("the reason is %q", m)
			}
		})
	}
}

func TestCloseDoesNotWaitForAReaderThatDoesNotRead(t *testing.T) {
	stalled := make(chan struct{})
	l := New(writerFunc(func(b []byte) (int, error) { <-stalled; return len(b), nil }),
		zapcore.NewJSONEncoder(zapcore.EncoderConfig{MessageKey: "m"}), zap.InfoLevel)
	l.closeFor = time.Millisecond
	var running sync.WaitGroup
	running.Go(l.Run)
	l.Logger().Info("line")
	l.Close()
	l.Logger().Info("too late")
	close(stalled)
	running.Wait()
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

func TestLinesOfManyGoroutinesAreWhole(t *testing.T) {
	var out reader
	l := newTestLog(t, &out)
	var writing sync.WaitGroup
	for range 8 {
		writing.Go(func() {
			for range 1000 {
				l.Logger().Info("a line", zap.Error(errors.New("of one piece")))
			}
		})
	}
	writing.Wait()
	l.Close()
	for line := range strings.Lines(out.String()) {
		if !lossLine.MatchString(line) && line != `{"m":"a line","error":"of one piece"}`+"\n" {
			t.Fatalf("%q", line)
		}
	}
}
