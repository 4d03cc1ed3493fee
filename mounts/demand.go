package mounts

import (
	"context"
	"errors"
)

// ErrMountEnded says that a mount ended while somebody waited for it to play.
var ErrMountEnded = errors.New("the mount has ended")

// Want says that somebody would join if the mount played. He counts as demand
// until he calls the function that comes back, which he does when he has
// joined or given up.
func (a *Audience) Want() (done func()) {
	a.waiting.Add(1)
	a.ring()
	return func() { a.waiting.Add(-1) }
}

// Wanted reports whether anybody listens or waits to.
func (a *Audience) Wanted() bool { return a.waiting.Load() > 0 || a.Count() > 0 }

// Arrivals gives a signal when somebody has come since the last one, to listen
// or to wait. It is for one reader: whoever feeds the mount on demand.
func (a *Audience) Arrivals() <-chan struct{} { return a.arrivals }

func (a *Audience) ring() {
	select {
	case a.arrivals <- struct{}{}:
	default:
	}
}

// Asleep reports whether the mount plays nothing but has a relay or an encoder,
// which may begin to play once somebody wants it.
func (m *Mount) Asleep() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.onAir != nil {
		return false
	}
	for _, in := range m.inputs {
		if in.Kind == Relayed || in.Kind == Encoded {
			return true
		}
	}
	return false
}

// WaitPlaying returns when an input is on the air, with its first frame.
// Errors: ErrMountEnded, or that of ctx.
func (m *Mount) WaitPlaying(ctx context.Context) error {
	for {
		m.mu.Lock()
		if m.awake == nil {
			m.awake = make(chan struct{})
		}
		playing, awake := m.onAir != nil, m.awake
		m.mu.Unlock()
		switch {
		case playing:
			return nil
		case m.Stream.Ended():
			return ErrMountEnded
		}
		select {
		case <-awake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// wake tells those in WaitPlaying to look again. m.mu is held.
func (m *Mount) wake() {
	if m.awake != nil {
		close(m.awake)
		m.awake = nil
	}
}
