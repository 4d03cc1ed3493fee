package memory

import (
	"context"
	"math"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"relay/internal/logging"
)

const (
	// lookEvery is how often memory is measured. roomyEvery applies while so many
	// reserves are left that memory cannot run out in between: an idle server should
	// not wake up for nothing.
	lookEvery  = time.Second
	roomyEvery = 5 * time.Second
	roomy      = 8

	// tidyEvery is how often, while memory is short, the program returns unused memory
	// to the system.
	tidyEvery = 10 * time.Second
)

// Watch reports when memory is short. Safe for concurrent use.
type Watch struct {
	log   *zap.Logger
	look  func() (Space, error)
	tidy  func()
	clock func() time.Time

	short  atomic.Bool
	tidied time.Time
}

// NewWatch returns a watch over the memory of this machine. It logs when memory is
// short, while Run runs.
func NewWatch(log *zap.Logger) *Watch {
	return &Watch{
		log:   log,
		look:  (&sight{proc: "/proc"}).Tightest,
		tidy:  debug.FreeOSMemory,
		clock: time.Now,
	}
}

// Run measures until ctx ends. If the system reports no limit, memory is never short.
func (w *Watch) Run(ctx context.Context) {
	next := time.NewTimer(0)
	defer next.Stop()
	w.heed()
	for {
		next.Reset(w.measure())
		select {
		case <-next.C:
		case <-ctx.Done():
			return
		}
	}
}

// heed sets the garbage collector's limit, unless GOMEMLIMIT has set another.
func (w *Watch) heed() {
	s, err := w.look()
	if unset := debug.SetMemoryLimit(-1) == math.MaxInt64; unset && err == nil {
		debug.SetMemoryLimit(s.Limit - s.reserve())
	}
}

// Short reports whether memory is short: new listeners should be refused.
func (w *Watch) Short() bool { return w.short.Load() }

// measure measures the space left, and logs when it begins or ceases to be too little.
// It returns the time until the next measurement.
func (w *Watch) measure() (next time.Duration) {
	s, err := w.look()
	if err == nil && s.Left < s.reserve() && w.clock().Sub(w.tidied) >= tidyEvery {
		w.tidied = w.clock()
		w.tidy()
		s, err = w.look()
	}
	if err != nil {
		w.short.Store(false)
		return roomyEvery
	}
	about := []zap.Field{zap.String("of", s.Bound), zap.Int64("limit", s.Limit), zap.Int64("left", s.Left), logging.Limit()}
	switch {
	case !w.Short() && s.Left < s.reserve():
		w.short.Store(true)
		w.log.Error("the server is short of memory: it accepts no more listeners, and those that are connected stay", about...)
	case w.Short() && s.Left >= s.reserve()+s.reserve()/2:
		w.short.Store(false)
		w.log.Info("there is enough memory again: the server accepts listeners", about...)
	}
	if s.Left >= roomy*s.reserve() {
		return roomyEvery
	}
	return lookEvery
}

var (
	left  = prometheus.NewDesc("relay_memory_left_bytes", "Memory left to the program by the tightest bound on it; absent where the system tells of none.", nil, nil)
	limit = prometheus.NewDesc("relay_memory_limit_bytes", "That bound.", nil, nil)
	short = prometheus.NewDesc("relay_memory_short", "1 while no listeners are let in because memory is short.", nil, nil)
)

// Describe and Collect implement prometheus.Collector.
func (w *Watch) Describe(to chan<- *prometheus.Desc) {
	to <- left
	to <- limit
	to <- short
}

func (w *Watch) Collect(to chan<- prometheus.Metric) {
	s, err := w.look()
	if err != nil {
		return
	}
	put := func(d *prometheus.Desc, value float64) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value)
	}
	put(left, float64(s.Left))
	put(limit, float64(s.Limit))
	if w.Short() {
		put(short, 1)
	} else {
		put(short, 0)
	}
}
