package conf

import (
	"math"
	"testing"
)

func TestSizeReadsAndPrints(t *testing.T) {
	for text, want := range map[string]Size{
		"0": 0, "1000": 1000, "1001": 1001, "7B": 7,
		"64KiB": 64 << 10, "64 kib": 64 << 10, "1MiB": 1 << 20, "2GiB": 2 << 30,
		"512KB": 512e3, "3MB": 3e6, "1GB": 1e9, "9223372036854775807": math.MaxInt64,
	} {
		var s, again Size
		if err := s.UnmarshalTOML(text); err != nil || s != want {
			t.Errorf("%s: got %d, %v", text, s, err)
		}
		if err := again.UnmarshalTOML(s.String()); err != nil || again != s {
			t.Errorf("%s prints as %s, which reads as %d, %v", text, s, again, err)
		}
	}
	for s, want := range map[Size]string{
		0: "0", 1000: "1KB", 1001: "1001", 64 << 10: "64KiB", 1 << 20: "1MiB", 1536: "1536", 3 << 29: "1536MiB",
	} {
		if text, _ := s.MarshalText(); string(text) != want {
			t.Errorf("%d: got %s, want %s", s, text, want)
		}
	}
	var s Size
	if err := s.UnmarshalTOML(int64(4096)); err != nil || s != 4096 {
		t.Errorf("a number: got %d, %v", s, err)
	}
}

func TestSizeRefusals(t *testing.T) {
	const want = `wants a size such as "64KiB", "1MiB" or "512KB"`
	refusals{
		{"[limits]\nbuffer = '64k'", `relay.toml:2: limits.buffer = "64k": ` + want},
		{"[limits]\nbuffer = '1.5MiB'", `relay.toml:2: limits.buffer = "1.5MiB": ` + want},
		{"[limits]\nbuffer = ''", `relay.toml:2: limits.buffer = "": ` + want},
		{"[limits]\nbuffer = 'KiB'", `relay.toml:2: limits.buffer = "KiB": ` + want},
		{"[limits]\nbuffer = 1.5", `relay.toml:2: limits.buffer = 1.5: ` + want + `, got a decimal number`},
		{"[limits]\nbuffer = -1", `relay.toml:2: limits.buffer = -1: must not be negative`},
		{"[limits]\nbuffer = '-9223372036854775808GiB'", `relay.toml:2: limits.buffer = "-9223372036854775808GiB": must not be negative`},
		{"[limits]\nbuffer = '9223372036854775807KB'", `relay.toml:2: limits.buffer = "9223372036854775807KB": is too large a size`},
	}.check(t)
}
