package conf

import "testing"

func TestUnknownKeyNamesTheOneMeant(t *testing.T) {
	refusals{
		{"[limits]\nflush_intervall = '1s'", "relay.toml:2: limits.flush_intervall: unknown key; did you mean flush_interval?"},
		{"[limits]\nListeners = 1", "relay.toml:2: limits.Listeners: unknown key; did you mean listeners?"},
		{"[limits]\nbusrt = 1", "relay.toml:2: limits.busrt: unknown key; did you mean burst?"},
		{"[limits]\nqueue = 1", "relay.toml:2: limits.queue: unknown key"},
		{"[server]\nburst = '1KiB'", "relay.toml:2: server.burst: unknown key; burst belongs to [limits] or [[mount]]"},
		{"[server]\npaths = []", "relay.toml:2: server.paths: unknown key; paths belongs to [mount.files]"},
		{"listen = [':8000']", "relay.toml:1: listen: unknown key; listen belongs to [server] or [tls]"},
		{"[auth]\nadmin_pasword_file = 'x'", "relay.toml:2: auth.admin_pasword_file: unknown key; did you mean admin_password_file?"},
		{"[auth]\nadmin_user_file = 'x'", "relay.toml:2: auth.admin_user_file: unknown key"},
		{"[limit]\nlisteners = 1", "relay.toml:1: limit: unknown table; did you mean [limits]?"},
		{"[mounts]", "relay.toml:1: mounts: unknown table; did you mean [[mount]]?"},
		{"[[mount]]\nname = '/x'\n[mount.file]", "relay.toml:3: mount.file: unknown table; did you mean [mount.files]?"},
		{"[[mount]]\nname = '/x'\nlistener_auth = { htpasswd_fil = '' }", "relay.toml:3: mount.listener_auth.htpasswd_fil: unknown key; did you mean htpasswd_file?"},
		{"[[mount]]\nname = '/x'\n[mount.listener_auth]\nHtpasswd_File = 'x'", "relay.toml:4: mount.listener_auth.Htpasswd_File: unknown key; did you mean htpasswd_file?"},
		{"[[mount]]\nname = '/x'\n[mount.listener_auth.url]\nurl = 'x'", "relay.toml:3: mount.listener_auth.url: wants a string, got a table"},
		{"[[mount]]\nname = '/x'\n[[mount.listener_auth]]\nurl = 'x'", "relay.toml:3: mount.listener_auth: wants a table, got a list of tables"},
		{"[[mount]]\nname = '/x'\nsource = [{ user = 'a', password = 'b', pasword_file = '' }]", "relay.toml:3: mount.source.pasword_file: unknown key; did you mean password_file?"},
		{"[[mount]]\nname = '/x'\nrendition = [{ name = '/y', bitrate = 64 }, { name = '/z', bitrate = 64, on_demnad = true }]", "relay.toml:3: mount.rendition.on_demnad: unknown key; did you mean on_demand?"},
		{"[[relay]]\nurl = 'http://a.example/x'\n[relay.options]", "relay.toml:3: relay.options: unknown table"},
		{"[files]", "relay.toml:1: files: unknown table; did you mean [mount.files]?"},
		{"\n[directory]\nurls = []", "relay.toml:2: directory: unknown table"},
		{"[server]\na.b = 1", "relay.toml:2: server.a: unknown table"},
		{"[server]\n\"host name\" = 1", "relay.toml:2: server.\"host name\": unknown key; did you mean hostname?"},
	}.check(t)
}

func TestUnknownKeyDoesNotShowItsValue(t *testing.T) {
	refusals{
		{"[auth]\nsource_pasword = 'hunter2'", "relay.toml:2: auth.source_pasword: unknown key; did you mean source_password?"},
	}.check(t)
}

func TestSlips(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"burst", "burst", 0},
		{"busrt", "burst", 1}, {"brst", "burst", 1}, {"bursts", "burst", 1}, {"bürst", "burst", 2},
		{"kitten", "sitting", 3},
	} {
		if got := slips(c.a, c.b); got != c.want {
			t.Errorf("%s to %s: got %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
