package icecast

import (
	"cmp"
	"fmt"

	"relay/conf"
)

// readLimits reads the limits.
func (c *Config) readLimits() {
	in, t := c.root.section("limits"), c.limits
	listeners := in.take("max-listeners") // of icecast-kh, which does not count other clients in it
	if n, ok := listeners.number(); !ok || n <= 0 {
		listeners = in.take("clients")
	}
	t.setCount("listeners", listeners)
	t.setCount("sources", in.take("sources"))
	t.setSeconds("header_timeout", in.take("header-timeout"))
	t.setSeconds("source_timeout", in.take("source-timeout"))
	t.setSeconds("listener_timeout", in.take("client-timeout"))

	defaults := conf.Default().Limits
	c.burst, c.buffer = defaults.Burst, defaults.Buffer
	burst := in.take("burst-size")
	if b, ok := t.burstOf(burst); ok {
		c.burst = b
	}
	// An older switch for the same setting; it overrides a burst-size above it.
	if on := in.take("burst-on-connect"); on != nil && !on.flag() && (burst == nil || on.line > burst.line) {
		c.burst, burst = conf.Burst{}, on
	}
	t.set("burst", c.burst, burst)

	queue := in.take("queue-size")
	size, ok := t.sizeOf(queue)
	if ok {
		c.buffer = size
	}
	if least := c.leastBuffer(); c.buffer < least {
		c.buffer = least
		from := cmp.Or(queue, burst)
		t.set("buffer", c.buffer, from)
		t.remark("buffer", fmt.Sprintf("as large as burst, since older data cannot be sent (line %d)", from.line))
	} else {
		t.set("buffer", c.buffer, queue)
	}
}

// leastBuffer returns the smallest buffer that holds the burst; a burst that is a time
// gets what Icecast's own default would need.
func (c *Config) leastBuffer() conf.Size {
	if c.burst.Time > 0 {
		return 64 << 10
	}
	return max(c.burst.Size, 1)
}
