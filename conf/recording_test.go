package conf

import "testing"

func TestRecordDirStartsAtTheFile(t *testing.T) {
	c, err := Parse("/etc/relay/relay.toml", []byte("[[mount]]\nname = '/*'\nrecord_dir = 'rec'\n[[mount]]\nname = '/off'\nrecord_dir = ''\nrecord_split = '0s'\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Mount("/live").RecordDir; got != "/etc/relay/rec" {
		t.Errorf("got %q", got)
	}
	if off := c.Mount("/off"); off.RecordDir != "" || off.RecordSplit != 0 {
		t.Errorf("got %q, %v", off.RecordDir, off.RecordSplit)
	}
}

func TestRecordingRefusals(t *testing.T) {
	const name = "[[mount]]\nname = '/a'\n"
	refusals{
		{name + "record_split = '10ms'", `relay.toml:3: mount.record_split = "10ms": must be 0 (one file a session) or at least 1s`},
		{name + "record_split = 3600", `relay.toml:3: mount.record_split = 3600: wants a duration such as "500ms", "10s", "2h" or "7d", got a whole number`},
		{name + "record_keep = '1mo'", `relay.toml:3: mount.record_keep = "1mo": wants a duration such as "500ms", "10s", "2h" or "7d"`},
		{name + "record_space = '-1'", `relay.toml:3: mount.record_space = "-1": must not be negative`},
		{name + "record_dir = 1", `relay.toml:3: mount.record_dir = 1: wants a string, got a whole number`},
	}.check(t)
}
