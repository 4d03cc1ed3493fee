package mounts

import "time"

// InputStatus is one input of a mount at one moment.
type InputStatus struct {
	Feed
	Title Title
	Since time.Time // when it was connected
	OnAir bool
	Ready bool // has something to play

	Reception *Reception // nil for all but live sources and relays
}

// Inputs returns the inputs of the mount, those that wait too, best first.
func (m *Mount) Inputs() []InputStatus {
	m.mu.Lock()
	defer m.mu.Unlock()
	list := make([]InputStatus, 0, len(m.inputs))
	for _, in := range m.inputs {
		list = append(list, InputStatus{
			Feed: in.Feed, Title: in.title, Since: in.Since, OnAir: m.onAir == in, Ready: in.playing, Reception: in.reception(),
		})
	}
	return list
}
