package mounts

import (
	"context"
	"errors"
)

// ErrMountEnded means that a mount ended while a listener waited for it to play.
var ErrMountEnded = errors.New("the mount has ended")

// Want records that a listener would join if the mount played. That counts as demand
// until the caller calls done, which it does after the listener has joined or given up.
func (a *Audience) Want() (done func()) {
	a.waiting.Add(1)
	a.ring()
	return func() { a.waiting.Add(-1) }
}

// Wanted reports whether there are listeners, playing or waiting.
func (a *Audience) Wanted() bool { return a.waiting.Load() > 0 || a.Count() > 0 }

// NewListeners returns a channel that signals new listeners, playing or waiting. It is
// for one reader: the feeder of the mount on demand.
func (a *Audience) NewListeners() <-chan struct{} { return a.newListener }

func (a *Audience) ring() {
	select {
	case a.newListener <- struct{}{}:
	default:
	}
}

// OnAir reports whether an input is on the air. During a grace none is.
func (m *Mount) OnAir() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.onAir != nil
}

// Asleep reports whether the mount plays nothing but has a relay or an encoder that
// begins to play on demand.
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

// WaitPlaying returns when an input is on the air and has written its first unit. The
// error is ErrMountEnded, or that of ctx.
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

// wake makes all WaitPlaying look again. m.mu is held.
func (m *Mount) wake() {
	if m.awake != nil {
		close(m.awake)
		m.awake = nil
	}
}
