package logging

import (
	"io"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Log is the program's own log. Its loggers may be used at once; what they say
// waits for Run.
type Log struct {
	queue    *queue
	limits   *limiter
	core     zapcore.Core
	closeFor time.Duration
	once     sync.Once
}

// New returns a log that is written to a writer. Lines that level lets pass go
// to the other cores as well.
func New(to io.Writer, encoder zapcore.Encoder, level zapcore.LevelEnabler, others ...zapcore.Core) *Log {
	q := newQueue(to, func(lost int64, reason string) []byte { return lossNotice(encoder, lost, reason) })
	cores := append([]zapcore.Core{zapcore.NewCore(encoder, q, level)}, others...)
	l := &Log{queue: q, limits: newLimiter(), closeFor: goodbye}
	l.core = &limitedCore{Core: zapcore.NewTee(cores...), limits: l.limits}
	return l
}

// Logger returns a logger that never waits.
func (l *Log) Logger() *zap.Logger { return zap.New(l.core, zap.ErrorOutput(l.queue)) }

// Write queues a text that is no line of a logger, such as what an icecast.xml
// has in vain. It goes to the writer alone.
func (l *Log) Write(text []byte) (int, error) { return l.queue.Write(text) }

// Lost returns how many lines were lost so far: the queue was full, or they
// could not be written.
func (l *Log) Lost() int64 { return l.queue.lost.Load() }

// Run writes what is logged, until Close.
func (l *Log) Run() {
	var telling sync.WaitGroup
	telling.Go(func() {
		minute := time.NewTicker(time.Minute)
		defer minute.Stop()
		for {
			select {
			case now := <-minute.C:
				l.tellLeftOut(now)
			case <-l.queue.closing:
				return
			}
		}
	})
	l.queue.run()
	telling.Wait()
}

// Close ends Run and waits until everything is written, but no longer than a
// few seconds: the reader of the log may be gone. More than once does no harm.
func (l *Log) Close() {
	l.once.Do(func() {
		l.tellLeftOut(time.Now())
		l.queue.close(l.closeFor)
	})
}

// tellLeftOut logs what was left out and is not told yet.
func (l *Log) tellLeftOut(now time.Time) {
	for _, out := range l.limits.leftOut(now) {
		e := zapcore.Entry{Level: out.level, Time: now, Message: "lines left out of the log"}
		fields := []zap.Field{zap.String("line", out.kind), zap.Int("left_out", out.lines)}
		if out.clients == 1 && out.client.String() != "" {
			fields = append(fields, zap.Stringer("of", out.client))
		} else if out.clients > 1 {
			fields = append(fields, zap.Int("clients", out.clients))
		}
		if checked := l.core.Check(e, nil); checked != nil {
			checked.Write(fields...)
		}
	}
}

// lossNotice is the line that says how many are missing.
func lossNotice(encoder zapcore.Encoder, lost int64, reason string) []byte {
	e := zapcore.Entry{Level: zapcore.WarnLevel, Time: time.Now(), Message: "lines of the log were lost"}
	line, err := encoder.EncodeEntry(e, []zap.Field{zap.Int64("lost", lost), zap.String("reason", reason)})
	if err != nil {
		return nil
	}
	defer line.Free()
	return append([]byte(nil), line.Bytes()...)
}
