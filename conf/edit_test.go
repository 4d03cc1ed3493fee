package conf

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"
)

const station = `# The station.
[server]
hostname = "radio.example" # ours

# The main programme.
[[mount]]
name = "/live"   # on the air
title = "Old"
source_password = "${DJ_PASSWORD}"

[mount.files]
paths = ["music/"]

# A second one.
[[mount]]
name = "/two"

[log] # last
level = "warn"
`

func TestWithMountChangesThatMountAlone(t *testing.T) {
	table, ok := MountTable([]byte(station), "/live")
	if !ok {
		t.Fatal("not found")
	}
	table["title"] = "New \"one\""
	table["max_listeners"] = int64(5)
	table["source"] = []any{map[string]any{"user": "a", "password": "b"}, map[string]any{"user": "c", "password": "d"}}
	delete(table, "source_password")
	got, err := WithMount([]byte(station), "/live", table)
	if err != nil {
		t.Fatal(err)
	}
	const want = `# The station.
[server]
hostname = "radio.example" # ours

# The main programme.
[[mount]]
name = "/live"   # on the air
title = "New \"one\""
max_listeners = 5

[mount.files]
paths = ["music/"]

[[mount.source]]
user = "a"
password = "b"

[[mount.source]]
user = "c"
password = "d"

# A second one.
[[mount]]
name = "/two"

[log] # last
level = "warn"
`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if _, err := Parse("relay.toml", got); err != nil {
		t.Error(err)
	}
}

func TestWithMountAddsAtTheEnd(t *testing.T) {
	for before, want := range map[string]string{
		"":                         "[[mount]]\nname = \"/new\"\n",
		"[log]\nlevel = 'info'":    "[log]\nlevel = 'info'\n\n[[mount]]\nname = \"/new\"\n",
		"[[mount]]\nname='/a'\n\n": "[[mount]]\nname='/a'\n\n[[mount]]\nname = \"/new\"\n",
	} {
		got, err := WithMount([]byte(before), "/new", map[string]any{})
		if err != nil || string(got) != want {
			t.Errorf("%q: %q, %v, want %q", before, got, err, want)
		}
	}
}

func TestWithoutMount(t *testing.T) {
	got, ok, err := WithoutMount([]byte(station), "/live")
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	want := station[:strings.Index(station, "\n[[mount]]")] + "\n\n# A second one." + strings.Split(station, "# A second one.")[1]
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	got, ok, err = WithoutMount([]byte(station), "/three")
	if string(got) != station || ok || err != nil {
		t.Errorf("a mount that is not there: %v, %v", ok, err)
	}
}

func TestInlineMountsAreLeftAlone(t *testing.T) {
	const text = `mount = [{name = "/a"}]`
	if _, err := WithMount([]byte(text), "/b", map[string]any{}); !errors.Is(err, ErrInlineMounts) {
		t.Errorf("with: %v", err)
	}
	if _, _, err := WithoutMount([]byte(text), "/a"); !errors.Is(err, ErrInlineMounts) {
		t.Errorf("without: %v", err)
	}
}

// The tables between those of a mount are not lost when the mount is removed.
func TestScatteredMountIsLeftAlone(t *testing.T) {
	const text = "[[mount]]\nname = '/a'\n[auth]\nadmin_password = 'x'\n[[mount.source]]\nuser = 'dj'\npassword = 'y'\n[[mount]]\nname = '/b'\n"
	if _, err := WithMount([]byte(text), "/a", map[string]any{}); !errors.Is(err, ErrScatteredMount) {
		t.Errorf("with: %v", err)
	}
	if _, _, err := WithoutMount([]byte(text), "/a"); !errors.Is(err, ErrScatteredMount) {
		t.Errorf("without: %v", err)
	}
	if got, ok, err := WithoutMount([]byte(text), "/b"); err != nil || !ok || string(got) != text[:strings.LastIndex(text, "\n[[")]+"\n" {
		t.Errorf("another one: %q, %v, %v", got, ok, err)
	}
}

func TestHideSecrets(t *testing.T) {
	const text = `[auth]
admin_password = "hunter2" # hunter is gone? no
source_password = '${DJ}'
api_tokens = ["tick", "tock"]
[[mount]]
name = "/live"
source = [{user = "dj", password = "spin"}]
[[relay]]
url = "http://me:secret@other.example/live"
password = """
long
"""
`
	const want = `[auth]
admin_password = "***" # hunter is gone? no
source_password = '${DJ}'
api_tokens = "***"
[[mount]]
name = "/live"
source = [{user = "dj", password = "***"}]
[[relay]]
url = "http://***@other.example/live"
password = "***"
`
	if got := string(HideSecrets([]byte(text))); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// FuzzEdit checks that editing a valid configuration gives a valid one in which only
// that mount differs, and that no part of a secret remains visible.
func FuzzEdit(f *testing.F) {
	f.Add(station, "New")
	f.Add("\ufeff[[mount]]\nname='/live'\r\n[mount.listener_auth]\r\nurl='http://a:b@c/'\r\n[auth]\nadmin_password='x'", "")
	f.Add("[[mount]]\nname='/live'\n[auth]\nadmin_password='x'\n[[mount.source]]\nuser='dj'\npassword='y'", "")
	f.Add("a=1", "\x00")
	f.Fuzz(func(t *testing.T, text, title string) {
		before, err := Parse("relay.toml", []byte(text))
		if err != nil || !utf8.ValidString(title) { // JSON cannot hold it
			t.Skip()
		}
		HideSecrets([]byte(text))
		table, found := MountTable([]byte(text), "/live")
		if !found {
			table = map[string]any{}
		}
		table["title"] = title
		with, err := WithMount([]byte(text), "/live", table)
		if errors.Is(err, ErrInlineMounts) || errors.Is(err, ErrScatteredMount) {
			t.Skip()
		}
		if err != nil {
			t.Fatal(err)
		}
		after, err := Parse("relay.toml", with)
		if err != nil {
			var problem *Error
			if errors.As(err, &problem) && (problem.Key == "mount.title" || problem.Key == "mount.name") {
				t.Skip() // the title is invalid, or the mount contradicts a pattern
			}
			t.Fatalf("%v in\n%s", err, with)
		}
		for _, key := range Diff(before, after) {
			if !strings.HasPrefix(key, "mount[/live]") {
				t.Errorf("%s has changed in\n%s", key, with)
			}
		}
		if found {
			table, _ := MountTable([]byte(text), "/live")
			if same, err := WithMount([]byte(text), "/live", table); err != nil || string(same) != text {
				t.Errorf("saved as it was read, %v:\n%s\nwas\n%s", err, same, text)
			}
		}
		if got := after.Mount("/live").Title; got != title && title != "" {
			t.Errorf("the title is %q, want %q", got, title)
		}
	})
}
