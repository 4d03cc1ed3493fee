package conf

import (
	"maps"
	"testing"
)

func TestKeyLines(t *testing.T) {
	text := "\ufeff# a = 1\r\n" + `[server] # [not] = "this"
listen = [ # one
  ":1",

  ":2", [3,
  4],
]
"quoted key".'li.t'."\u0061" = 'x = "#"'
long = """
no = 1
[no]
\""" no = 2 """""
raw = '''
\''' # [no]
a.b.c = 1979-05-27 07:32:00
in = { x = 1, y.z = [{q = 1},
  {q = 2}], } # TOML 1.1
[[mount]]
name = "/a"
[mount.files]
paths = []
[[mount]]
  name = "/b"
[mount.files]
	paths = ["""
x""", "y"]
[a.deep]
x=1
[[a.list]]
x=1
[[a.list]]
[[a.list.of]]
x=2`
	want := map[string]int{
		"server": 2, "server.listen": 3, "server.listen[0]": 4, "server.listen[1]": 6,
		"server.listen[2]": 6, "server.listen[2][0]": 6, "server.listen[2][1]": 7,
		`server."quoted key"`: 9, `server."quoted key"."li.t"`: 9, `server."quoted key"."li.t".a`: 9,
		"server.long": 10, "server.raw": 14,
		"server.a": 16, "server.a.b": 16, "server.a.b.c": 16,
		"server.in": 17, "server.in.x": 17, "server.in.y": 17, "server.in.y.z": 17,
		"server.in.y.z[0]": 17, "server.in.y.z[0].q": 17, "server.in.y.z[1]": 18, "server.in.y.z[1].q": 18,
		"mount": 19, "mount[0]": 19, "mount[0].name": 20, "mount[0].files": 21, "mount[0].files.paths": 22,
		"mount[1]": 23, "mount[1].name": 24, "mount[1].files": 25, "mount[1].files.paths": 26,
		"mount[1].files.paths[0]": 26, "mount[1].files.paths[1]": 27,
		"a": 28, "a.deep": 28, "a.deep.x": 29,
		"a.list": 30, "a.list[0]": 30, "a.list[0].x": 31, "a.list[1]": 32,
		"a.list[1].of": 33, "a.list[1].of[0]": 33, "a.list[1].of[0].x": 34,
	}
	got := keyLines(text)
	if !maps.Equal(got, want) {
		for id, line := range want {
			if got[id] != line {
				t.Errorf("%s: got line %d, want %d", id, got[id], line)
			}
		}
		for id, line := range got {
			if want[id] == 0 {
				t.Errorf("%s: found on line %d, is not there", id, line)
			}
		}
	}
}

func TestErrorsNameTheLine(t *testing.T) {
	refusals{
		{"limits = { listeners = 1,\n sources = 0 }", "relay.toml:2: limits.sources = 0: must be at least 1"},
		{"limits.\"sources\" = 0", "relay.toml:1: limits.sources = 0: must be at least 1"},
		{"[server]\nlocation = \"\"\"\n[limits]\n\"\"\"\n[limits]\nsources = 0", "relay.toml:2: server.location = \"[limits]\\n\": must not have line breaks or other control characters\nrelay.toml:6: limits.sources = 0: must be at least 1"},
		{"[server]\nlisten = [\":1\",\n\n\"x\"]", `relay.toml:4: server.listen = "x": must be "host:port" or ":port", such as ":8000" or "127.0.0.1:8000"`},
		{"[[mount]]\nname = '/a'\n[[mount]]\nname = '/b'\nmetaint = 1", "relay.toml:5: mount.metaint = 1: must be 0 (no titles) or between 256 and 1000000"},
		{"mount = [{name = '/a'},\n{name = '/b', metaint = 1}]", "relay.toml:2: mount.metaint = 1: must be 0 (no titles) or between 256 and 1000000"},
	}.check(t)
}
