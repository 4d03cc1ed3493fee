package conf

import (
	"strings"
	"testing"
)

func TestMountNames(t *testing.T) {
	for _, name := range []string{"/live", "/live.mp3", "/a/b/c", "/радио", "/a-b_c~d", "/apis", "/api.mp3", "/adm", "/a%20b", "/a b"} {
		if err := CheckMountName(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, want := range map[string]string{
		"":                        `must start with "/", such as "/live"`,
		"live":                    `must start with "/", such as "/live"`,
		"/":                       "is kept for the server's own pages",
		"/admin":                  "is kept for the server's own pages",
		"/admin/x":                "is kept for the server's own pages",
		"/admin.cgi":              "is kept for the server's own pages",
		"/status-json.xsl":        "is kept for the server's own pages",
		"/api":                    "is kept for the server's own pages",
		"/api/v1":                 "is kept for the server's own pages",
		"/healthz":                "is kept for the server's own pages",
		"/currentsong":            "is kept for the server's own pages",
		"/played":                 "is kept for the server's own pages",
		"/a\u00a0b":               "must not have control characters, or blanks other than a plain one",
		"/a\nb":                   "must not have control characters, or blanks other than a plain one",
		"/a\x00":                  "must not have control characters, or blanks other than a plain one",
		"/a\x7f":                  "must not have control characters, or blanks other than a plain one",
		"/a\u009b31m":             "must not have control characters, or blanks other than a plain one",
		"/a\u202eb":               "must not have control characters, or blanks other than a plain one",
		"/a\xff":                  "must not have control characters, or blanks other than a plain one",
		"/a?b":                    `must not have a query or fragment ("?", "#")`,
		"/a#b":                    `must not have a query or fragment ("?", "#")`,
		"/../a":                   `must not have "." or ".." for a folder`,
		"/./a":                    `must not have "." or ".." for a folder`,
		"//a":                     `must not have "//"`,
		"/a/":                     `must not end with "/"`,
		"/a*":                     `must not have "*"`,
		strings.Repeat("/a", 128): "must not be longer than 255 bytes",
	} {
		if err := CheckMountName(name); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", name, err, want)
		}
	}
}

// The ways in which clients write a mount: escaped queries, too many or too few
// slashes.
func TestMountsByPath(t *testing.T) {
	c := parse(t, "server.shoutcast_mount = '/show'")
	for path, want := range map[string]string{
		"/live": "/live", "/live/": "/live", "//live": "/live", "///live//": "/live", "live": "live", "/a//b": "/a/b", "/a/b/": "/a/b",
		"/m1?prio=3": "/m1", "/m1#x": "/m1", "/m1/?x": "/m1", "/live.mp3": "/live.mp3", "/a b": "/a b",
		"/": "/", "": "/", "//": "/", "/?x=1": "/", "?": "/", "/../a": "/../a", "/./a": "/./a", "//admin//": "/admin",
	} {
		if got := MountPath(path); got != want {
			t.Errorf("MountPath(%q) = %q, want %q", path, got, want)
		}
		if want == "/" {
			want = "/show"
		}
		if got := c.SourceMount(path); got != want {
			t.Errorf("SourceMount(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestMountPatterns(t *testing.T) {
	for _, name := range []string{"/*", "/a*", "/a/*"} {
		parse(t, "[[mount]]\nname = '"+name+"'")
	}
	refusals{
		{"[[mount]]\nname = '*'", `relay.toml:2: mount.name = "*": must start with "/", such as "/live"`},
		{"[[mount]]\nname = '/a*b'", `relay.toml:2: mount.name = "/a*b": must have "*" as its last character only`},
		{"[[mount]]\nname = '/**'", `relay.toml:2: mount.name = "/**": must have "*" as its last character only`},
		{"[[mount]]\nname = '/admin/*'", `relay.toml:2: mount.name = "/admin/*": is kept for the server's own pages`},
	}.check(t)
}
