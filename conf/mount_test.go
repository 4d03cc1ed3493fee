package conf

import (
	"reflect"
	"testing"
	"time"
)

func TestUndeclaredMountHasDefaults(t *testing.T) {
	c := parse(t, "[limits]\nburst = '32KiB'")
	want := Mount{
		Name: "/live", Charset: "UTF-8", Takeover: TakeoverRefuse, Files: Files{}.withDefaults(), Metaint: 16000, Burst: Burst{Size: 32 << 10},
		HLSWindow: Duration(15 * time.Minute), RecordSplit: Duration(time.Hour),
		SourceUser: "source", Grace: Duration(3 * time.Second),
	}
	if got := c.Mount("/live"); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestMountInheritsWhatItLeavesOut(t *testing.T) {
	c := parse(t, `
[[mount]]
name = "/live"
title = "Live"
metaint = 0
public = false
[mount.files]
paths = ["/music"]

[[mount]]
name = "/l*"
title = "L"
genre = "Rock"
metaint = 8192
public = true
source_password = "pattern"
grace = "0s"

[[mount]]
name = "/*"
genre = "Pop"
charset = "latin1"
burst = 0
hidden = true
`)
	for _, want := range []Mount{
		{
			Name: "/live", Title: "Live", Genre: "Rock", Hidden: true, Charset: "latin1", Takeover: TakeoverRefuse,
			SourcePassword: "pattern", Files: Files{Paths: []string{"/music"}}.withDefaults(),
		},
		{Name: "/lost", Title: "L", Genre: "Rock", Public: true, Hidden: true, Charset: "latin1", Takeover: TakeoverRefuse, Files: Files{}.withDefaults(), Metaint: 8192, SourcePassword: "pattern"},
		{Name: "/other", Genre: "Pop", Hidden: true, Charset: "latin1", Takeover: TakeoverRefuse, Files: Files{}.withDefaults(), Metaint: 16000, Grace: Duration(3 * time.Second)},
	} {
		want.SourceUser, want.RecordSplit, want.HLSWindow = "source", Duration(time.Hour), Duration(15*time.Minute)
		if got := c.Mount(want.Name); !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

func TestMountMadeInCode(t *testing.T) {
	c := Default()
	c.Mounts = []Mount{{Name: "/live", Metaint: 8192, Hidden: true}, {Name: "/*", Title: "x"}}
	want := Mount{
		Name: "/live", Title: "x", Metaint: 8192, Hidden: true,
		Charset: "UTF-8", Takeover: TakeoverRefuse, Files: Files{}.withDefaults(), Burst: Burst{Time: Duration(5 * time.Second)}, SourceUser: "source", Grace: Duration(3 * time.Second),
		RecordSplit: Duration(time.Hour), HLSWindow: Duration(15 * time.Minute),
	}
	if got := c.Mount("/live"); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestMountSourcesLogInAsConfigured(t *testing.T) {
	c := parse(t, `
[auth]
source_user = "dj"
source_password = "all"
[[mount]]
name = "/user"
source_user = "anna"
[[mount]]
name = "/password"
source_password = "own"
[[mount]]
name = "/both"
source_user = "bert"
source_password = "b"
[[mount]]
name = "/b*"
source_password = "pattern"
[[mount]]
name = "/back"
source_password = ""
`)
	for mount, want := range map[string][2]string{
		"/other":    {"dj", "all"},
		"/user":     {"anna", "all"},
		"/password": {"dj", "own"},
		"/both":     {"bert", "b"},
		"/bar":      {"dj", "pattern"},
		"/back":     {"dj", "all"},
	} {
		m := c.Mount(mount)
		if got := [2]string{m.SourceUser, m.SourcePassword.Reveal()}; got != want {
			t.Errorf("%s: got %q, want %q", mount, got, want)
		}
	}
	c.Auth.SourcePassword = "made for this run"
	if got := c.Mount("/other").SourcePassword; got != c.Auth.SourcePassword {
		t.Errorf("got %s", got.Reveal())
	}
}

func TestMountSettingsAreTheCallersOwn(t *testing.T) {
	c := parse(t, "[[mount]]\nname = '/a'\nfiles.paths = ['/x']")
	c.Mount("/a").Files.Paths[0] = "changed"
	if got := c.Mount("/a").Files.Paths[0]; got != "/x" {
		t.Errorf("got %s", got)
	}
}

func TestMountRefusals(t *testing.T) {
	const name = "[[mount]]\nname = '/a'\n"
	refusals{
		{"\n[[mount]]\ntitle = 'x'", `relay.toml:2: mount: needs a name, such as name = "/live"`},
		{name + "\n" + name, `relay.toml:5: mount.name = "/a": is already declared on line 2`},
		{name + "metaint = 255", "relay.toml:3: mount.metaint = 255: must be 0 (no titles) or between 256 and 1000000"},
		{name + "metaint = 1000001", "relay.toml:3: mount.metaint = 1000001: must be 0 (no titles) or between 256 and 1000000"},
		{name + "metaint = -1", "relay.toml:3: mount.metaint = -1: must be 0 (no titles) or between 256 and 1000000"},
		{name + "max_listeners = -1", "relay.toml:3: mount.max_listeners = -1: must be at least 0"},
		{name + "charset = 'utf-9'", `relay.toml:3: mount.charset = "utf-9": is not a known charset; must be one such as "UTF-8" or "ISO-8859-1"`},
		{name + "charset = ''", `relay.toml:3: mount.charset = "": is not a known charset; must be one such as "UTF-8" or "ISO-8859-1"`},
		{name + "charset = 'replacement'", `relay.toml:3: mount.charset = "replacement": is not a known charset; must be one such as "UTF-8" or "ISO-8859-1"`},
		{name + "burst = '1MiB'", `relay.toml:3: mount.burst = "1MiB": must not be larger than limits.buffer (512KiB)`},
		{name + "title = \"a\\r\\nb\"", `relay.toml:3: mount.title = "a\r\nb": must not have line breaks or other control characters`},
		{name + "files.order = 'random'", `relay.toml:3: mount.files.order = "random": must be "shuffle" or "sequence"`},
		{name + "files.rescan = '999ms'", `relay.toml:3: mount.files.rescan = "999ms": must be 0 (never) or at least 1s`},
		{name + "files.jingle_every = -1", `relay.toml:3: mount.files.jingle_every = -1: must be at least 0`},
		{name + "files.jingle_every = 3", `relay.toml:3: mount.files.jingle_every = 3: needs jingles: the files or folders they are in`},
		{name + "files.jingles = ['x']", `relay.toml:3: mount.files.jingles = ["x"]: needs jingle_every: after how many tracks one is played`},
		{name + "[mount.files]\njingle_every = 1\njingles = ['x',\n'']", `relay.toml:6: mount.files.jingles = "": must be the path of a file, a folder or a playlist`},
		{name + "[mount.files]\npaths = ['x',\n'']", `relay.toml:5: mount.files.paths = "": must be the path of a file, a folder or a playlist`},
		{"[[mount]]\nname = '/a*'\n[mount.files]\npaths = ['x']", `relay.toml:3: mount.files: needs a mount of its own: /a* is a pattern`},
	}.check(t)
}

func TestFilesHaveDefaults(t *testing.T) {
	for text, want := range map[string]Files{
		"": {Order: OrderShuffle, Rescan: Duration(30 * time.Second)},
		"files = {paths = ['/m'], order = 'sequence', rescan = '0s'}":     {Paths: []string{"/m"}, Order: OrderSequence},
		"files = {jingles = ['/j'], jingle_every = 4, rescan = '5m'}":     {Jingles: []string{"/j"}, JingleEvery: 4, Order: OrderShuffle, Rescan: Duration(5 * time.Minute)},
		"files = {jingles = ['/j'], jingle_every = 0, order = 'shuffle'}": {Jingles: []string{"/j"}, Order: OrderShuffle, Rescan: Duration(30 * time.Second)},
	} {
		if got := parse(t, "[[mount]]\nname = '/a'\n"+text).Mount("/a").Files; !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n got %+v\nwant %+v", text, got, want)
		}
	}
}
