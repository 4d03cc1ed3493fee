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
	lookEvery = time.Second

	// tidyEvery is how often, while memory is short, the program gives back what
	// it does not use itself.
	tidyEvery = 10 * time.Second
)

// Watch tells when memory is short. Safe for concurrent use.
type Watch struct {
	log   *zap.Logger
	look  func() (Space, error)
	tidy  func()
	clock func() time.Time

	short  atomic.Bool
	tidied time.Time
}

// NewWatch returns a watch over the memory of this machine that tells log when
// it is short, as long as Run runs.
func NewWatch(log *zap.Logger) *Watch {
	return &Watch{
		log:   log,
		look:  func() (Space, error) { return Tightest("/proc") },
		tidy:  debug.FreeOSMemory,
		clock: time.Now,
	}
}

// Run looks until ctx ends. Where the system tells of no bound, memory is never
// short.
func (w *Watch) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	w.heed()
	for {
		w.measure()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// heed lets the garbage collector know of the bound, unless it was told of
// another (GOMEMLIMIT).
func (w *Watch) heed() {
	s, err := w.look()
	if unset := debug.SetMemoryLimit(-1) == math.MaxInt64; unset && err == nil {
		debug.SetMemoryLimit(s.Limit - s.reserve())
	}
}

// Short reports whether memory is short: newcomers should not be let in.
func (w *Watch) Short() bool { return w.short.Load() }

// measure looks how much is left, and tells the log when that begins or ceases
// to be too little.
func (w *Watch) measure() {
	s, err := w.look()
	if err == nil && s.Left < s.reserve() && w.clock().Sub(w.tidied) >= tidyEvery {
		w.tidied = w.clock()
		w.tidy()
		s, err = w.look()
	}
	if err != nil {
		w.short.Store(false)
		return
	}
	about := []zap.Field{zap.String("of", s.Bound), zap.Int64("limit", s.Limit), zap.Int64("left", s.Left), logging.Limit()}
	switch {
	case !w.Short() && s.Left < s.reserve():
		w.short.Store(true)
		w.log.Error("memory is short: those who listen stay, and no more listeners are let in", about...)
	case w.Short() && s.Left >= s.reserve()+s.reserve()/2:
		w.short.Store(false)
		w.log.Info("there is memory again, listeners are let in", about...)
	}
}

var (
	left  = prometheus.NewDesc("relay_memory_left_bytes", "Memory left to the program by the tightest bound on it; absent where the system tells of none.", nil, nil)
	limit = prometheus.NewDesc("relay_memory_limit_bytes", "That bound.", nil, nil)
	short = prometheus.NewDesc("relay_memory_short", "1 while no listeners are let in because memory is short.", nil, nil)
)

// Describe and Collect make it Prometheus'.
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
