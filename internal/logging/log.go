package logging

import (
	"io"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Log is the program's own log. Its loggers may be used at once; their lines wait for
// Run.
type Log struct {
	queue    *queue
	limits   *limiter
	core     zapcore.Core
	closeFor time.Duration
	once     sync.Once
}

// New returns a log that is written to a writer. Lines that level allows also go to the
// other cores.
func New(to io.Writer, encoder zapcore.Encoder, level zapcore.LevelEnabler, others ...zapcore.Core) *Log {
	q := newQueue(to, func(lost int64, reason string) []byte { return lossNotice(encoder, lost, reason) })
	cores := append([]zapcore.Core{zapcore.NewCore(encoder, q, level)}, others...)
	l := &Log{queue: q, limits: newLimiter(), closeFor: goodbye}
	l.core = &limitedCore{Core: zapcore.NewTee(cores...), limits: l.limits}
	return l
}

// Logger returns a logger that never waits.
func (l *Log) Logger() *zap.Logger { return zap.New(l.core, zap.ErrorOutput(l.queue)) }

// Write queues text that is not a line of a logger, such as the report of ignored
// settings in an icecast.xml. It goes only to the writer.
func (l *Log) Write(text []byte) (int, error) { return l.queue.Write(text) }

// Lost returns how many lines were lost so far because the queue was full or they could
// not be written.
func (l *Log) Lost() int64 { return l.queue.lost.Load() }

// Describe and Collect implement prometheus.Collector: they count the lost lines.
func (l *Log) Describe(to chan<- *prometheus.Desc) { to <- linesLost }

func (l *Log) Collect(to chan<- prometheus.Metric) {
	to <- prometheus.MustNewConstMetric(linesLost, prometheus.CounterValue, float64(l.Lost()))
}

var linesLost = prometheus.NewDesc("relay_log_lines_lost_total",
	"Lines of the program's own log that were lost: its reader was too slow, or they could not be written.", nil, nil)

// Run writes the log until Close.
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

// Close ends Run and waits until everything is written, but at most a few seconds: the
// reader of the log may be gone. It may be called several times.
func (l *Log) Close() {
	l.once.Do(func() {
		l.tellLeftOut(time.Now())
		l.queue.close(l.closeFor)
	})
}

// tellLeftOut logs how many lines were omitted and not reported yet.
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

// lossNotice returns the line that reports the number of lost lines.
func lossNotice(encoder zapcore.Encoder, lost int64, reason string) []byte {
	e := zapcore.Entry{Level: zapcore.WarnLevel, Time: time.Now(), Message: "lines of the log were lost"}
	line, err := encoder.EncodeEntry(e, []zap.Field{zap.Int64("lost", lost), zap.String("reason", reason)})
	if err != nil {
		return nil
	}
	defer line.Free()
	return append([]byte(nil), line.Bytes()...)
}
