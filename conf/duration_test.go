package conf

import (
	"testing"
	"time"
)

func TestDurationReadsAndPrints(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0s":     0,
		"20ms":   20 * time.Millisecond,
		"1.5s":   1500 * time.Millisecond,
		"10s":    10 * time.Second,
		"1m":     time.Minute,
		"1m30s":  90 * time.Second,
		"2h":     2 * time.Hour,
		"2h5m":   125 * time.Minute,
		"10h10s": 10*time.Hour + 10*time.Second,
		"1d":     24 * time.Hour,
		"30d":    720 * time.Hour,
		"1d2h3s": 26*time.Hour + 3*time.Second,
		"0d":     0,
	} {
		var d Duration
		if err := d.UnmarshalTOML(text); err != nil || d.Duration() != want {
			t.Errorf("%s: got %v, %v", text, d.Duration(), err)
		}
		var again Duration
		if err := again.UnmarshalTOML(d.String()); err != nil || again != d {
			t.Errorf("%s prints as %s, which reads as %v, %v", text, d, again, err)
		}
	}
	for d, want := range map[Duration]string{
		0: "0s", Duration(time.Hour): "1h", Duration(10 * time.Minute): "10m", Duration(time.Hour + time.Second): "1h0m1s",
	} {
		if text, _ := d.MarshalText(); string(text) != want {
			t.Errorf("got %s, want %s", text, want)
		}
	}
}

func TestDurationRefusals(t *testing.T) {
	const want = `wants a duration such as "500ms", "10s", "2h" or "7d"`
	refusals{
		{"[limits]\nheader_timeout = '15'", `relay.toml:2: limits.header_timeout = "15": ` + want},
		{"[limits]\nheader_timeout = '15 s'", `relay.toml:2: limits.header_timeout = "15 s": ` + want},
		{"[limits]\nheader_timeout = 'd'", `relay.toml:2: limits.header_timeout = "d": ` + want},
		{"[limits]\nheader_timeout = '1.5d'", `relay.toml:2: limits.header_timeout = "1.5d": ` + want},
		{"[limits]\nheader_timeout = '2h1d'", `relay.toml:2: limits.header_timeout = "2h1d": ` + want},
		{"[limits]\nheader_timeout = '1d1d'", `relay.toml:2: limits.header_timeout = "1d1d": ` + want},
		{"[limits]\nheader_timeout = '1d24h'", `relay.toml:2: limits.header_timeout = "1d24h": ` + want},
		{"[limits]\nheader_timeout = '99999d'", `relay.toml:2: limits.header_timeout = "99999d": ` + want},
		{"[limits]\nheader_timeout = ''", `relay.toml:2: limits.header_timeout = "": ` + want},
		{"[limits]\nheader_timeout = 15", `relay.toml:2: limits.header_timeout = 15: ` + want + `, got a whole number`},
		{"[limits]\nheader_timeout = '-1s'", `relay.toml:2: limits.header_timeout = "-1s": must not be negative`},
	}.check(t)
}
