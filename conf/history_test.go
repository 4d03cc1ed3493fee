package conf

import (
	"testing"
	"time"
)

func TestHistoryFileStartsAtTheFile(t *testing.T) {
	c, err := Parse("/etc/relay/relay.toml", []byte("[history]\nfile = 'history.db'\nkeep = '720h'\nhash_ip = false\n"))
	if err != nil {
		t.Fatal(err)
	}
	if want := (History{File: "/etc/relay/history.db", Keep: Duration(720 * time.Hour), MaxSize: 1 << 30}); c.History != want {
		t.Errorf("got %+v, want %+v", c.History, want)
	}
}

func TestAddressesAreHashedUnlessTheOwnerWantsThem(t *testing.T) {
	if c := parse(t, "[history]\nfile = '/var/lib/relay/history.db'"); !c.History.HashIP {
		t.Error("addresses are kept as they are")
	}
}

func TestHistoryRefusals(t *testing.T) {
	refusals{
		{"[history]\nkeep = '10m'", `relay.toml:2: history.keep = "10m": must be 0 (for ever) or at least 1h`},
		{"[history]\nkeep = '1mo'", `relay.toml:2: history.keep = "1mo": wants a duration such as "500ms", "10s", "2h" or "7d"`},
		{"[history]\nmax_size = '1KiB'", `relay.toml:2: history.max_size = "1KiB": must be 0 (no limit) or at least 1MiB`},
		{"[history]\noff = 'no'", `relay.toml:2: history.off = "no": wants true or false, got a string`},
		{"[history]\nfile = true", `relay.toml:2: history.file = true: wants a string, got a boolean`},
	}.check(t)
}
