package mounts

import "time"

// crowd counts listeners as they come and go: statistics that are open to all
// must not look at each of them for whoever asks. Guarded by Audience.mu.
type crowd struct {
	people map[person]int // how many each of them is
	came   int64          // when they came to the server, in Unix milliseconds, in sum
}

// person is who cannot be told from another listener.
type person struct{ addr, agent string }

func (c *crowd) enter(l *Listener) {
	c.people[person{l.Addr, l.Agent}]++
	c.came += l.Since.UnixMilli()
}

func (c *crowd) leave(l *Listener) {
	who := person{l.Addr, l.Agent}
	if c.people[who]--; c.people[who] == 0 {
		delete(c.people, who)
	}
	c.came -= l.Since.UnixMilli()
}

// Crowd returns how many listeners there are who differ in address or program,
// and how long those who listen now have done so on average.
func (a *Audience) Crowd() (unique int, average time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.listeners) == 0 {
		return 0, 0
	}
	mean := time.UnixMilli(a.crowd.came / int64(len(a.listeners)))
	return len(a.crowd.people), time.Since(mean)
}
