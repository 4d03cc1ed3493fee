package conf

import (
	"slices"
	"testing"
)

func TestFallbacks(t *testing.T) {
	c := parse(t, `
[[mount]]
name = "/*"
fallbacks = ["/backup"]
silence = true
[[mount]]
name = "/backup"
fallbacks = []
[[mount]]
name = "/live"
fallbacks = ["/relay", "files", "/backup"]
fallback_full = "/small"
`)
	if got := c.Mount("/any"); !slices.Equal(got.Fallbacks, []string{"/backup"}) || !got.Silence {
		t.Errorf("got %+v", got)
	}
	if got := c.Mount("/backup"); len(got.Fallbacks) != 0 {
		t.Errorf("got %+v", got)
	}
	if got := c.Mount("/live"); !slices.Equal(got.Fallbacks, []string{"/relay", "files", "/backup"}) || got.FallbackFull != "/small" {
		t.Errorf("got %+v", got)
	}
	// A pattern that gives all mounts a fallback does not apply to that fallback
	// itself.
	all := parse(t, "[[mount]]\nname = '/*'\nfallbacks = ['/backup', '/more']")
	if got := all.Mount("/more").Fallbacks; got != nil {
		t.Errorf("got %q", got)
	}
	if loop := c.FallbackLoop("/backup", map[string][]string{"/backup": {"/live"}}); !slices.Equal(loop, []string{"/backup", "/live", "/relay", "/backup"}) {
		t.Errorf("loop %q", loop)
	}
}

func TestFallbackErrors(t *testing.T) {
	for text, want := range map[string]string{
		"[[mount]]\nname = '/a'\nfallbacks = ['b']":        `relay.toml:3: mount.fallbacks = "b": "b" is neither a mount nor "files": it must start with "/", such as "/live"`,
		"[[mount]]\nname = '/a'\nfallbacks = ['/b', '/b']": `relay.toml:3: mount.fallbacks = "/b": "/b" is already in the list`,
		"[[mount]]\nname = '/a'\nfallbacks = ['/a']":       `relay.toml:3: mount.fallbacks = "/a": is this mount itself`,
		"[[mount]]\nname = '/a'\nfallbacks = ['/b']\n[[mount]]\nname = '/b*'\nfallbacks = ['files', '/a']": `relay.toml:3: mount.fallbacks = ["/b"]: form a loop: /b → /a → /b
relay.toml:6: mount.fallbacks = ["files", "/a"]: form a loop: /a → /b → /a`,
		"[[mount]]\nname = '/a*'\nfallbacks = ['/b1']\n[[mount]]\nname = '/b*'\nfallbacks = ['/a1']": `relay.toml:3: mount.fallbacks = ["/b1"]: form a loop: /b1 → /a1 → /b1
relay.toml:6: mount.fallbacks = ["/a1"]: form a loop: /a1 → /b1 → /a1`,
		"[[mount]]\nname = '/a'\nfallback_full = '/a'": `relay.toml:3: mount.fallback_full = "/a": is this mount itself`,
	} {
		if _, err := Parse("relay.toml", []byte(text)); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}
