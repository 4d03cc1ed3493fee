package conf

import (
	"cmp"
	"time"
)

// Limits is [limits]: how many clients, how long, how much data.
type Limits struct {
	// Listeners is the maximum number of listeners of the whole server.
	Listeners int `toml:"listeners"`
	// ListenersPerIP is the maximum for one client: an IPv4 address or the /64 of an
	// IPv6 address; 0: no limit. A /56 may have 4 times as many, a /48 8 times, but
	// neither more than half of Listeners. The same applies to ConnectionsPerIP.
	ListenersPerIP int `toml:"listeners_per_ip"`
	// Connections is the maximum number of pending connections of all clients,
	// ConnectionsPerIP of one client. Above that, connections that have been silent for
	// a while are closed, the oldest first.
	Connections      int `toml:"connections"`
	ConnectionsPerIP int `toml:"connections_per_ip"`
	// Sources is the maximum number of live sources of the whole server.
	Sources int `toml:"sources"`
	// HeaderTimeout is how long a client may take to send its request head, and again
	// to send the body after it.
	HeaderTimeout Duration `toml:"header_timeout"`
	// SourceTimeout is how long a source may send nothing before it is disconnected; 0:
	// it is never disconnected, but a fallback takes the air after StreamTimeout.
	SourceTimeout Duration `toml:"source_timeout"`
	// ListenerTimeout is how long a listener may accept no data.
	ListenerTimeout Duration `toml:"listener_timeout"`
	// CountAfter is how long a listener must stay to count in peaks, in unique
	// listeners and in the history; 0: every listener counts.
	CountAfter Duration `toml:"count_after"`
	// Burst is what a new listener is sent at once; never more than Buffer.
	Burst Burst `toml:"burst"`
	// Buffer is how far a listener may fall behind, in bytes.
	Buffer Size `toml:"buffer"`
	// FlushInterval is the shortest time between two flushes of a listener: while it is
	// young, or has little audio left to play. FlushMax is the longest.
	FlushInterval Duration `toml:"flush_interval" restart:"true"`
	FlushMax      Duration `toml:"flush_max"`
	// LagPolicy is what happens to a listener further behind than Buffer.
	LagPolicy LagPolicy `toml:"lag_policy"`
}

// LagPolicy is what happens to a listener that has fallen too far behind.
type LagPolicy string

// The values of LagPolicy.
const (
	LagSkip LagPolicy = "skip" // it is moved forward to a unit
	LagDrop LagPolicy = "drop" // its connection is closed
)

// The bounds of Limits.FlushInterval and Limits.FlushMax: below them, a server spends all its time writing;
// above them, players run dry.
const (
	MinFlushInterval = Duration(20 * time.Millisecond)
	MaxFlushInterval = Duration(5 * time.Second)
)

// MaxCountAfter is the maximum of Limits.CountAfter: figures are that late.
const MaxCountAfter = Duration(10 * time.Minute)

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
		CountAfter:       Duration(5 * time.Second),
		Burst:            Burst{Time: Duration(5 * time.Second)},
		Buffer:           512 << 10,
		FlushInterval:    Duration(250 * time.Millisecond),
		FlushMax:         Duration(2 * time.Second),
		LagPolicy:        LagSkip,
	}
}

// StreamTimeout is how long a stream may send nothing before a fallback takes the air:
// SourceTimeout or, if that is 0, its default. A stream that relay pulls is requested
// again after this time.
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
	between(r, p.key("count_after"), l.CountAfter, 0, MaxCountAfter)
	atLeast(r, p.key("buffer"), l.Buffer, 1)
	between(r, p.key("flush_interval"), l.FlushInterval, MinFlushInterval, MaxFlushInterval)
	if r.given(p.key("flush_max")) {
		between(r, p.key("flush_max"), l.FlushMax, min(l.FlushInterval, MaxFlushInterval), MaxFlushInterval)
	} else {
		l.FlushMax = max(l.FlushMax, l.FlushInterval)
	}
	oneOf(r, p.key("lag_policy"), string(l.LagPolicy), string(LagSkip), string(LagDrop))
	l.Burst.check(r, p.key("burst"), l.Buffer)
}
