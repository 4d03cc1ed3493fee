package conf

import (
	"cmp"
	"time"
)

// Limits is [limits]: how much, how long, how far behind.
type Limits struct {
	// Listeners is how many the whole server takes at once.
	Listeners int `toml:"listeners"`
	// ListenersPerIP is how many it takes at once from an IPv4 address, or from
	// the /64 of an IPv6 one; 0: no limit. A /56 may have 4 times as many, a /48 8
	// times, and neither more than half of Listeners. ConnectionsPerIP is likewise.
	ListenersPerIP int `toml:"listeners_per_ip"`
	// Connections is how many may be open at once, of all and of one such
	// address, that have not said yet what they want. Above that, those that
	// have been silent for a while are closed, the oldest first.
	Connections      int `toml:"connections"`
	ConnectionsPerIP int `toml:"connections_per_ip"`
	// Sources is how many live sources the whole server takes at once.
	Sources int `toml:"sources"`
	// HeaderTimeout is how long a client may take to send its request head, and
	// how long to send the body behind it.
	HeaderTimeout Duration `toml:"header_timeout"`
	// SourceTimeout is how long a source may send nothing before it is dropped; 0: for
	// ever, and the mount goes on without it meanwhile, see StreamTimeout.
	SourceTimeout Duration `toml:"source_timeout"`
	// ListenerTimeout is how long a listener may take nothing.
	ListenerTimeout Duration `toml:"listener_timeout"`
	// Burst is what a new listener gets at once, in bytes; never more than Buffer.
	Burst Size `toml:"burst"`
	// Buffer is how far a listener may fall behind, in bytes.
	Buffer Size `toml:"buffer"`
	// FlushInterval is how often a listener is written to.
	FlushInterval Duration `toml:"flush_interval" restart:"true"`
	// LagPolicy is what becomes of a listener further behind than Buffer.
	LagPolicy LagPolicy `toml:"lag_policy"`
}

// LagPolicy is what becomes of a listener that has fallen too far behind.
type LagPolicy string

// What a lag policy may be.
const (
	LagSkip LagPolicy = "skip" // it is moved forward to a frame
	LagDrop LagPolicy = "drop" // its connection is closed
)

// The bounds of Limits.FlushInterval: below, a server does nothing but write;
// above, players run dry.
const (
	MinFlushInterval = Duration(20 * time.Millisecond)
	MaxFlushInterval = Duration(5 * time.Second)
)

func defaultLimits() Limits {
	return Limits{
		Listeners:        20000,
		ListenersPerIP:   500,
		Connections:      4000,
		ConnectionsPerIP: 500,
		Sources:          100,
		HeaderTimeout:    Duration(15 * time.Second),
		SourceTimeout:    Duration(10 * time.Second),
		ListenerTimeout:  Duration(30 * time.Second),
		Burst:            64 << 10,
		Buffer:           512 << 10,
		FlushInterval:    Duration(500 * time.Millisecond),
		LagPolicy:        LagSkip,
	}
}

// StreamTimeout is SourceTimeout for streams that we ask for ourselves, and can ask for
// anew, and how long a source may send nothing before others play.
func (l *Limits) StreamTimeout() time.Duration {
	return time.Duration(cmp.Or(l.SourceTimeout, defaultLimits().SourceTimeout))
}

func (l *Limits) check(r *reader, p path) {
	atLeast(r, p.key("listeners"), l.Listeners, 1)
	atLeast(r, p.key("listeners_per_ip"), l.ListenersPerIP, 0)
	atLeast(r, p.key("connections"), l.Connections, 1)
	atLeast(r, p.key("connections_per_ip"), l.ConnectionsPerIP, 1)
	atLeast(r, p.key("sources"), l.Sources, 1)
	atLeast(r, p.key("header_timeout"), l.HeaderTimeout, Duration(time.Millisecond))
	atLeast(r, p.key("source_timeout"), l.SourceTimeout, 0)
	atLeast(r, p.key("listener_timeout"), l.ListenerTimeout, Duration(time.Millisecond))
	atLeast(r, p.key("buffer"), l.Buffer, 1)
	between(r, p.key("flush_interval"), l.FlushInterval, MinFlushInterval, MaxFlushInterval)
	oneOf(r, p.key("lag_policy"), string(l.LagPolicy), string(LagSkip), string(LagDrop))
	if l.Burst > l.Buffer {
		if r.given(p.key("burst")) {
			r.fail(p.key("burst"), "must not be larger than limits.buffer (%v)", l.Buffer)
		} else {
			r.fail(p.key("buffer"), "must not be smaller than limits.burst (%v)", l.Burst)
		}
	}
}
