package icecast

import (
	"cmp"
	"fmt"

	"relay/conf"
)

// readLimits reads how much, how long, how far behind.
func (c *Config) readLimits() {
	in, t := c.root.section("limits"), c.limits
	listeners := in.take("max-listeners") // icecast-kh's, without its other clients
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
	if size, ok := t.sizeOf(burst); ok {
		c.burst = size
	}
	// The old switch for the same thing; it turns off what stands above it.
	if on := in.take("burst-on-connect"); on != nil && !on.flag() && (burst == nil || on.line > burst.line) {
		c.burst, burst = 0, on
	}
	t.set("burst", c.burst, burst)

	queue := in.take("queue-size")
	size, ok := t.sizeOf(queue)
	if ok {
		c.buffer = size
	}
	if c.buffer < max(c.burst, 1) {
		c.buffer = max(c.burst, 1)
		from := cmp.Or(queue, burst)
		t.set("buffer", c.buffer, from)
		t.remark("buffer", fmt.Sprintf("as large as burst, since nobody can be sent what is not kept (line %d)", from.line))
	} else {
		t.set("buffer", c.buffer, queue)
	}
}
