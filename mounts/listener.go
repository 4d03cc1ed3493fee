package mounts

import (
	"net/netip"
	"sync/atomic"
	"time"
	"unique"
)

// Listener is a client that hears a mount, as shown in statistics and to operators. The
// server of the listener fills it in before it joins an audience.
type Listener struct {
	Sent  atomic.Int64 // bytes, metadata included
	order atomic.Pointer[Order]

	ID    uint64 // unique
	Addr  netip.Addr
	agent unique.Handle[string] // listeners share few programs; zero: unknown
	Since time.Time
	Login *Login // nil: none was asked for
	Via   Via

	playback *playback // see IdentifyPlayback; nil: nothing tells its twins

	// Guarded by Audience.mu.
	sentBefore int64            // bytes, on the mounts it was moved from
	settled    int64            // bytes sent to it here that are included in the totals
	visitor    *visitor         // the visitor with this connection, on its present mount
	wake       func(leave bool) // see Audience.WakeFor
}

// Via is the way in which a listener gets the stream.
type Via uint8

// The ways to listen.
const (
	ViaStream Via = iota // a connection that does not end
	ViaHLS               // playlists and segments
)

// Ways lists all ways to listen.
var Ways = [...]Via{ViaStream, ViaHLS}

func (v Via) String() string {
	if v == ViaHLS {
		return "hls"
	}
	return "stream"
}

// Login is how a listener was admitted.
type Login struct {
	User string
	// StillHolds reports whether the reason for which it was admitted still holds; nil:
	// always.
	StillHolds func() bool
}

// SetAgent sets the User-Agent of a listener.
func (l *Listener) SetAgent(agent string) { l.agent = unique.Make(agent) }

// Agent returns the User-Agent of a listener.
func (l *Listener) Agent() string {
	if l.agent == (unique.Handle[string]{}) {
		return ""
	}
	return l.agent.Value()
}

// User returns the user of a listener's login; empty: it has none.
func (l *Listener) User() string {
	if l.Login == nil {
		return ""
	}
	return l.Login.User
}

// StillAllowed reports whether a listener would be admitted again.
func (l *Listener) StillAllowed() bool {
	return l.Login == nil || l.Login.StillHolds == nil || l.Login.StillHolds()
}

// Session is the stay of a listener on one mount.
type Session struct {
	ID          uint64 // unique for each session
	Addr        netip.Addr
	Agent, User string
	Since       time.Time // when it joined this mount
	Sent        int64     // bytes
	Counts      bool      // it is long enough to be counted, whether it is over or not
}

// Order is an operator's order to a listener: to move to another mount or, without one,
// to leave. The server of the listener carries it out.
type Order struct{ MoveTo *Mount }

var lastListenerID atomic.Uint64

// NewListenerID returns a unique number for a listener.
func NewListenerID() uint64 { return lastListenerID.Add(1) }

// TakeOrder returns the order given since its last call, or nil.
func (l *Listener) TakeOrder() *Order {
	if l.order.Load() == nil { // cheaper than a swap at every call
		return nil
	}
	return l.order.Swap(nil)
}

// HasOrder reports whether TakeOrder would return an order.
func (l *Listener) HasOrder() bool { return l.order.Load() != nil }

// give gives the listener an order. A pending order to leave is not replaced by
// another. Audience.mu is held.
func (l *Listener) give(o Order) {
	if given := l.order.Load(); given == nil || given.MoveTo != nil {
		l.order.Store(&o)
	}
	if l.wake != nil {
		l.wake(o.MoveTo == nil)
	}
}

// settle returns the bytes sent to the listener on its present mount since the last
// call.
func (l *Listener) settle() int64 {
	here := l.sentHere()
	sent := here - l.settled
	l.settled = here
	return sent
}

// sentHere returns the bytes sent to the listener on its present mount.
func (l *Listener) sentHere() int64 { return l.Sent.Load() - l.sentBefore }

// Reasons for a listener to leave, as logs and metrics name them.
const (
	LeftByItself = "left"
	LeftEnded    = "stream ended"
	LeftTimeout  = "took nothing"
	LeftKicked   = "removed by the operator"
	LeftOverdue  = "reached its time limit"
	LeftBehind   = "fell behind"
	LeftShutdown = "server shut down"
	LeftFault    = "could not be served"
	LeftMoved    = "moved" // to another mount
)

// DisconnectReasons lists all reasons.
var DisconnectReasons = []string{
	LeftByItself, LeftEnded, LeftTimeout, LeftKicked, LeftOverdue, LeftBehind, LeftShutdown, LeftFault, LeftMoved,
}
