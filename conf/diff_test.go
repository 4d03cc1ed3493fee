package conf

import (
	"slices"
	"testing"
)

func parsed(t *testing.T, text string) *Config {
	t.Helper()
	c, err := Parse("relay.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDiffNamesWhatHasChanged(t *testing.T) {
	const before = `
server.listen = [":8000"]
limits.buffer = "1MiB"
auth.admin_password = "one"
[[mount]]
name = "/live"
title = "One"
[mount.files]
paths = ["a"]
[[mount]]
name = "/old"
`
	const after = `
server.listen = [":8001"]
limits.buffer = "2MiB"
auth.admin_password = "two"
[[mount]]
name = "/new"
[[mount]]
name = "/live"
title = "Two"
[mount.files]
paths = ["a", "b"]
`
	a, b := parsed(t, before), parsed(t, after)
	want := []string{"auth.admin_password", "limits.buffer", "mount[/live].files.paths", "mount[/live].title", "mount[/new]", "mount[/old]", "server.listen"}
	got := Diff(a, b)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := Diff(a, parsed(t, before)); len(got) > 0 {
		t.Errorf("the same text differs in %q", got)
	}
	if got, want := NeedRestart(a, b), []string{"server.listen"}; !slices.Equal(got, want) {
		t.Errorf("a restart is needed for %q, want %q", got, want)
	}
}
