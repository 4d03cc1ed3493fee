package conf

import (
	"testing"
	"time"
)

func TestLimits(t *testing.T) {
	refusals{
		{"[limits]\nlisteners = 0", "relay.toml:2: limits.listeners = 0: must be at least 1"},
		{"[limits]\nsources = -5", "relay.toml:2: limits.sources = -5: must be at least 1"},
		{"[limits]\ncount_after = '-1s'", "relay.toml:2: limits.count_after = \"-1s\": must not be negative"},
		{"[limits]\ncount_after = '1h'", "relay.toml:2: limits.count_after = \"1h\": must be between 0s and 10m"},
		{"[limits]\nlisteners_per_ip = -1", "relay.toml:2: limits.listeners_per_ip = -1: must be at least 0"},
		{"[limits]\nconnections = 0", "relay.toml:2: limits.connections = 0: must be at least 1"},
		{"[limits]\nconnections_per_ip = 0", "relay.toml:2: limits.connections_per_ip = 0: must be at least 1"},
		{"[limits]\nheader_timeout = '0s'", `relay.toml:2: limits.header_timeout = "0s": must be at least 1ms`},
		{"[limits]\nsource_timeout = '-1s'", `relay.toml:2: limits.source_timeout = "-1s": must not be negative`},
		{"[limits]\nsource_timeout = 10", `relay.toml:2: limits.source_timeout = 10: wants a duration such as "500ms", "10s", "2h" or "7d", got a whole number`},
		{"[limits]\nlistener_timeout = '0s'", `relay.toml:2: limits.listener_timeout = "0s": must be at least 1ms`},
		{"[limits]\nflush_interval = '5m'", `relay.toml:2: limits.flush_interval = "5m": must be between 20ms and 5s`},
		{"[limits]\nflush_interval = '19ms'", `relay.toml:2: limits.flush_interval = "19ms": must be between 20ms and 5s`},
		{"[limits]\nflush_max = '249ms'", `relay.toml:2: limits.flush_max = "249ms": must be between 250ms and 5s`},
		{"[limits]\nflush_interval = '3s'\nflush_max = '2s'", `relay.toml:3: limits.flush_max = "2s": must be between 3s and 5s`},
		{"[limits]\nflush_max = '6s'", `relay.toml:2: limits.flush_max = "6s": must be between 250ms and 5s`},
		{"[limits]\nlag_policy = 'wait'", `relay.toml:2: limits.lag_policy = "wait": must be "skip" or "drop"`},
		{"[limits]\nburst = '1MiB'", `relay.toml:2: limits.burst = "1MiB": must not be larger than limits.buffer (512KiB)`},
		{"[limits]\nburst = '61s'", `relay.toml:2: limits.burst = "61s": must be between 0s and 1m`},
		{"[limits]\nburst = 'much'", `relay.toml:2: limits.burst = "much": wants a time such as "5s" or a size such as "64KiB"`},
		{"[limits]\nbuffer = '32KiB'\nburst = '33KiB'", `relay.toml:3: limits.burst = "33KiB": must not be larger than limits.buffer (32KiB)`},
		{"[limits]\nburst = 0\nbuffer = 0", `relay.toml:3: limits.buffer = 0: must be at least 1`},
	}.check(t)
	parse(t, "[limits]\nflush_interval = '5s'\nburst = '512KiB'")
	if c := parse(t, "[limits]\nflush_interval = '3s'"); c.Limits.FlushMax != c.Limits.FlushInterval {
		t.Errorf("flush_max is %v with flush_interval alone at %v", c.Limits.FlushMax, c.Limits.FlushInterval)
	}
	for _, zero := range []string{"0", "'0s'"} {
		if c := parse(t, "[limits]\nsource_timeout = "+zero); c.Limits.SourceTimeout != 0 || c.Limits.StreamTimeout() != 10*time.Second {
			t.Errorf("source_timeout = %s: %v, %v", zero, c.Limits.SourceTimeout, c.Limits.StreamTimeout())
		}
	}
	if c := parse(t, "[limits]\nsource_timeout = '3s'"); c.Limits.StreamTimeout() != 3*time.Second {
		t.Error(c.Limits.StreamTimeout())
	}
}
