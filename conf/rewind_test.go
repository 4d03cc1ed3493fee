package conf

import (
	"testing"
	"time"
)

func TestRewind(t *testing.T) {
	c, err := Parse("/etc/relay/relay.toml", []byte("[[mount]]\nname = '/*'\nrewind_dir = 'past'\nrewind_space = '1GiB'\n"+
		"[[mount]]\nname = '/live'\nrewind = '7d'\n[[mount]]\nname = '/off'\nrewind = '0s'\nrewind_dir = ''\n"))
	if err != nil {
		t.Fatal(err)
	}
	if m := c.Mount("/live"); m.RewindDir != "/etc/relay/past" || m.Rewind != Duration(7*24*time.Hour) || m.RewindSpace != 1<<30 {
		t.Errorf("got %q, %v, %v", m.RewindDir, m.Rewind, m.RewindSpace)
	}
	for _, name := range []string{"/other", "/off"} {
		if m := c.Mount(name); m.Rewind != 0 {
			t.Errorf("%s: got %v", name, m.Rewind)
		}
	}
}

func TestRewindRefusals(t *testing.T) {
	const name = "[[mount]]\nname = '/a'\n"
	const noFolder = `needs a folder for what is kept: add rewind_dir = "/var/lib/relay/rewind"`
	refusals{
		{name + "rewind = '2h'", `relay.toml:3: mount.rewind = "2h": ` + noFolder},
		{"[[mount]]\nname = '/*'\nrewind = '2h'\n" + name + "rewind_dir = 'x'", `relay.toml:3: mount.rewind = "2h": ` + noFolder},
		{"[[mount]]\nname = '/*'\nrewind_dir = 'x'\n" + name + "rewind = '2h'\nrewind_dir = ''", `relay.toml:6: mount.rewind = "2h": ` + noFolder},
		{name + "rewind_dir = 'x'\nrewind = '1s'", `relay.toml:4: mount.rewind = "1s": must be 0 (off) or at least 1m`},
		{name + "rewind_space = '1MiB'", `relay.toml:3: mount.rewind_space = "1MiB": must be 0 (no limit) or at least 16MiB`},
		{name + "rewind_dir = 1", `relay.toml:3: mount.rewind_dir = 1: wants a string, got a whole number`},
	}.check(t)
}
