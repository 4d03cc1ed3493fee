package server

import (
	"math"
	"sync/atomic"

	"go.uber.org/zap"

	"relay/conf"
	"relay/internal/memory"
)

// Capacity is how many clients the machine has room for, given its file descriptors and
// memory and the configuration in force. Safe for concurrent use.
type Capacity struct {
	conf        *conf.Live
	descriptors int // 0: unknown
	memory      *memory.Watch
	last        atomic.Pointer[plannedShare]
}

// plannedShare is the share that was computed for a configuration.
type plannedShare struct {
	config *conf.Config
	share
}

// NewCapacity returns the capacity of this machine. It warns the operator if the
// configuration needs more descriptors than there are.
func NewCapacity(c *conf.Live, watch *memory.Watch, log *zap.Logger) *Capacity {
	n := descriptors()
	warnOfShortage(c.Config(), n, log)
	return &Capacity{conf: c, descriptors: n, memory: watch}
}

// Room returns for how many listeners and live sources there are descriptors,
// math.MaxInt for each if that is unknown.
func (c *Capacity) Room() (listeners, sources int) {
	s, known := c.share()
	if !known {
		return math.MaxInt, math.MaxInt
	}
	return s.listeners, s.sources
}

// Followers returns for how many event streams there are descriptors, math.MaxInt if
// that is unknown.
func (c *Capacity) Followers() int {
	s, known := c.share()
	if !known {
		return math.MaxInt
	}
	return s.followers(c.conf.Config().Limits.Listeners)
}

// MemoryShort reports whether memory is too short for more listeners.
func (c *Capacity) MemoryShort() bool { return c.memory.Short() }

// share returns how the descriptors are divided. known is false if the number of
// descriptors is unknown.
func (c *Capacity) share() (s share, known bool) {
	if c.descriptors == 0 {
		return share{}, false
	}
	config := c.conf.Config()
	if last := c.last.Load(); last != nil && last.config == config {
		return last.share, true
	}
	planned := &plannedShare{config, shareOut(config, c.descriptors)}
	c.last.Store(planned)
	return planned.share, true
}
