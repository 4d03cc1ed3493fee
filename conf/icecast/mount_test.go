package icecast

import (
	"os"
	"path/filepath"
	"testing"

	"relay/conf"
)

// mount returns a <mount> named /m with more content.
func mount(inside string) string {
	return "<mount><mount-name>/m</mount-name>" + inside + "</mount>"
}

const header1 = "[[mount]]\nname = \"/m\"\n"

func TestMounts(t *testing.T) {
	conversions{
		{mount(""), header1},
		{mount("<max-listeners>-1</max-listeners><public>-1</public><mp3-metadata-interval>-1</mp3-metadata-interval><charset>utf8</charset><max-listener-duration>0</max-listener-duration><burst-size>65535</burst-size>"), header1},
		{mount(`<stream-name>T</stream-name><stream-description>D &amp; E</stream-description><genre>G</genre><stream-url>http://u</stream-url>
			<public>1</public><hidden>1</hidden><charset>ISO8859-1</charset><mp3-metadata-interval>8192</mp3-metadata-interval><max-listeners>9</max-listeners>
			<max-listener-duration>3600</max-listener-duration><burst-size>0</burst-size><username>u</username><password>p</password>`), header1 + `title = "T"
description = "D & E"
genre = "G"
url = "http://u"
public = true
hidden = true
charset = "ISO-8859-1"
metaint = 8192
max_listeners = 9
max_duration = "1h"
burst = "0"
source_user = "u"
source_password = "p"`},
		{mount("<mp3-metadata-interval>0</mp3-metadata-interval>"), header1 + "metaint = 0"},
		{mount("<mp3-metadata-interval>1</mp3-metadata-interval>"), header1 + "# line 1: <mp3-metadata-interval>1</mp3-metadata-interval>\n# must be 0 or between 256 and 1000000; relay's default applies"},
		{mount("<charset>klingon</charset>"), header1 + "# line 1: <charset>klingon</charset>\n# is not a charset that relay knows; the default of other mounts applies"},
		{mount("<burst-size>1m</burst-size>"), header1 + "burst = \"512KiB\" # as large as limits.buffer, in place of 1MB"},
		{mount("<bitrate>64</bitrate>"), header1 + "# line 1: <bitrate>64</bitrate>\n# the bit rate is read from the stream"},
		{mount("<intro>i.mp3</intro><dump-file>/tmp/a-%F.mp3</dump-file>") + "<paths><webroot>/web</webroot></paths>",
			header1 + "intro_file = \"/web/i.mp3\"\nrecord_dir = \"/tmp\" # each recording gets a name of its own; there it was /tmp/a-%F.mp3\n" +
				notes("<webroot>/web</webroot>", "relay has all its pages inside the program")},
		{mount("") + mount("<hidden>1</hidden>"), header1 + notes("<mount><mount-name>/m</mount-name><hidden>1</hidden></mount>", "/m is already set up on line 1, and the first one counts")},
		{"<mount><hidden>1</hidden></mount>", notes("<mount><hidden>1</hidden></mount>", "has no mount-name")},
		{"<mount><mount-name>m</mount-name></mount>", notes("<mount><mount-name>m</mount-name></mount>", `its name must start with "/", such as "/live"`)},
		{"<mount><mount-name>/a*b*</mount-name></mount>", notes("<mount><mount-name>/a*b*</mount-name></mount>", `relay's patterns have one "*", at the end; set up its mounts one by one`)},
		{"<mount><mount-name>/admin*</mount-name></mount>", notes("<mount><mount-name>/admin*</mount-name></mount>", "its name is kept for the server's own pages")},
	}.check(t)
}

// A mount with a block of its own inherits nothing from the default mount.
func TestDefaultMountIsNotMixedIn(t *testing.T) {
	const text = `<icecast>
		<limits><burst-size>1024</burst-size></limits>
		<mount><mount-name>/own</mount-name><max-listeners>5</max-listeners><public>0</public></mount>
		<mount type="default"><public>1</public><hidden>1</hidden><max-listeners>3</max-listeners><burst-size>2048</burst-size><password>p</password>
			<authentication type="htpasswd"><option name="filename" value="/users"/></authentication></mount>
	</icecast>`
	c, err := Parse("icecast.xml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := c.Load()
	if err != nil {
		t.Fatal(err)
	}
	other, own := loaded.Mount("/other"), loaded.Mount("/own")
	if !other.Public || !other.Hidden || other.MaxListeners != 3 || other.Burst.Size != 2048 || other.SourcePassword != "p" || other.ListenerAuth.HtpasswdFile != "/users" {
		t.Errorf("a mount without a block: %+v", other)
	}
	if own.Public || own.Hidden || own.MaxListeners != 5 || own.Burst.Size != 1024 || own.SourcePassword != "" || own.ListenerAuth != (conf.ListenerAuth{}) {
		t.Errorf("a mount with a block: %+v", own)
	}
}

func TestFallbacks(t *testing.T) {
	web := t.TempDir()
	for _, name := range []string{"sorry.mp3", "fallback-[128].mp3"} {
		if err := os.WriteFile(filepath.Join(web, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	webroot := "<paths><webroot>" + web + "</webroot></paths>"
	unneeded := "\n" + notes("<webroot>"+web+"</webroot>", "relay has all its pages inside the program")
	conversions{
		{mount("<fallback-mount>/n</fallback-mount><fallback-override>1</fallback-override>"), header1 + `fallbacks = ["/n"]`},
		{mount("<fallback-mount>/n</fallback-mount><fallback-when-full>1</fallback-when-full>"), header1 + "fallbacks = [\"/n\"]\nfallback_full = \"/n\""},
		{mount("<fallback-mount>/n</fallback-mount>") + "<mount><mount-name>/n</mount-name><fallback-mount>/m</fallback-mount></mount>",
			header1 + "fallbacks = [\"/n\"]\n[[mount]]\nname = \"/n\"\n# line 1: <fallback-mount>/m</fallback-mount>\n# would form a loop, which relay does not allow"},
		{mount("<fallback-mount>/m</fallback-mount><fallback-when-full>1</fallback-when-full>"),
			header1 + "# line 1: <fallback-mount>/m</fallback-mount>\n# would form a loop, which relay does not allow"},
		{mount("<fallback-mount>/admin</fallback-mount>"), header1 + "# line 1: <fallback-mount>/admin</fallback-mount>\n# is not a mount: its name is kept for the server's own pages"},
		{"<mount type='default'><fallback-mount>/n</fallback-mount><fallback-when-full>1</fallback-when-full></mount>",
			"[[mount]]\nname = \"/*\"\nfallbacks = [\"/n\"]\nfallback_full = \"/n\"\n" +
				"[[mount]]\nname = \"/n\"\nfallbacks = [] # what others fall back to does not fall back to itself\nfallback_full = \"\""},
		{mount("<fallback-mount>/x</fallback-mount>") + "<mount type='default'><fallback-mount>/m</fallback-mount></mount>",
			"[[mount]]\nname = \"/*\"\nfallbacks = [\"/m\"]\n" + header1 +
				"fallbacks = [] # in Icecast, a mount with a block of its own inherits nothing\n" +
				"# line 1: <fallback-mount>/x</fallback-mount>\n# would form a loop, which relay does not allow"},
		{mount("<fallback-mount>/n</fallback-mount>") + "<mount><mount-name>/n</mount-name><fallback-mount>/o</fallback-mount></mount>",
			header1 + "fallbacks = [\"/n\"]\n[[mount]]\nname = \"/n\"\nfallbacks = [\"/o\"]"},
		{mount("<fallback-mount>/n</fallback-mount><fallback-override>0</fallback-override>"),
			header1 + "fallbacks = [\"/n\"]\n# line 1: <fallback-override>0</fallback-override>\n# listeners always come back as soon as the source does"},
		{mount("<fallback-override>1</fallback-override>"), header1},
		{mount("<fallback-mount>/sorry.mp3</fallback-mount>") + webroot, header1 + "[mount.files]\npaths = [\"" + web + "/sorry.mp3\"]" + unneeded},
		{mount("<fallback-mount>/fallback-[128].mp3</fallback-mount>") + webroot, header1 + "[mount.files]\npaths = [\"" + web + "/fallback-[128].mp3\"]" + unneeded},
		{mount("<fallback-mount>/sorry.mp3</fallback-mount>") + "<mount><mount-name>/sorry.mp3</mount-name></mount>" + webroot,
			header1 + "fallbacks = [\"/sorry.mp3\"]\n[[mount]]\nname = \"/sorry.mp3\"" + unneeded},
		{"<mount type='default'><fallback-mount>/sorry.mp3</fallback-mount></mount>" + webroot,
			"[[mount]]\nname = \"/*\"\n# line 1: <fallback-mount>/sorry.mp3</fallback-mount>\n# is a file; only a mount of its own can play files, in [mount.files]" + unneeded},
	}.check(t)
}

func TestListenerAuth(t *testing.T) {
	option := func(name, value string) string { return `<option name="` + name + `" value="` + value + `"/>` }
	hooks := func(options string) string {
		return mount(`<authentication type="url">` + options + "</authentication>")
	}
	const table = "\n[mount.listener_auth]\n"
	conversions{
		{mount(`<authentication type="htpasswd">` + option("filename", "/users") + option("allow_duplicate_users", "1") + "</authentication>"),
			header1 + table[1:] + `htpasswd_file = "/users"`},
		{mount(`<authentication type="htpasswd"/>`), header1 + "# line 1: <authentication type=\"htpasswd\"/>\n# names no file; listeners are not asked for a password"},
		{hooks(option("listener_add", "http://a/x?y=1") + option("listener_remove", "http://a/x?y=1") + option("auth_header", "icecast-auth-user: 1") + option("timelimit_header", "icecast-auth-timelimit:")),
			header1 + table[1:] + `url = "http://a/x?y=1"`},
		{hooks(option("mount_add", "http://a/m") + option("mount_remove", "http://a/m") + option("stream_auth", "http://a/s")),
			header1 + table[1:] + "on_source = \"http://a/m\"\nstream_auth = \"http://a/s\""},
		{hooks(option("listener_add", "http://a/add") + option("listener_remove", "http://a/gone")), header1 +
			"# line 1: <option name=\"listener_remove\" value=\"http://a/gone\"/>\n# is told at the same address as listener_add; action= in the form says which it is" +
			table + `url = "http://a/add"`},
		{hooks(option("mount_remove", "http://a/gone")), header1 +
			"# line 1: <option name=\"mount_remove\" value=\"http://a/gone\"/>\n# is told only where mount_add is asked too"},
		{hooks(option("listener_add", "http://a/add") + option("username", "me") + option("password", "a@b:c")),
			header1 + table[1:] + `url = "http://me:a%40b%3Ac@a/add"`},
		{hooks(option("auth_header", "x-ok: yes") + option("headers", "x-token")), header1 +
			"# line 1: <option name=\"auth_header\" value=\"x-ok: yes\"/>\n# relay accepts only the answer \"icecast-auth-user: 1\"\n" +
			"# line 1: <option name=\"headers\" value=\"x-token\"/>\n# relay has no such option"},
		{mount(`<authentication type="command">` + option("listener_add", "x") + "</authentication>"), header1 +
			"# line 1: <authentication type=\"command\"><option name=\"listener_add\" value=\"x\"/></authentication>\n# relay runs no programs; it supports htpasswd and url"},
	}.check(t)
}
