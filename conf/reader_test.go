package conf

import (
	"slices"
	"testing"
)

func TestTypeErrorsNameBothTypes(t *testing.T) {
	refusals{
		{"[limits]\nlisteners = 'many'", `relay.toml:2: limits.listeners = "many": wants a whole number, got a string`},
		{"[limits]\nlisteners = 1.5", `relay.toml:2: limits.listeners = 1.5: wants a whole number, got a decimal number`},
		{"[server]\nhostname = 1", `relay.toml:2: server.hostname = 1: wants a string, got a whole number`},
		{"[server]\nhostname = 2020-01-01", `relay.toml:2: server.hostname: wants a string, got a date or time`},
		{"[server]\nlisten = ':8000'", `relay.toml:2: server.listen = ":8000": wants a list of strings, ["…"], got a string`},
		{"[server]\nlisten = [':8000',\n8443]", `relay.toml:3: server.listen = 8443: wants a string, got a whole number`},
		{"server = 'x'", `relay.toml:1: server = "x": wants a table, got a string`},
		{"[[server]]", `relay.toml:1: server: wants a table, got a list of tables`},
		{"[mount]\nname = '/x'", `relay.toml:1: mount: wants [[mount]] in double brackets, got a table`},
		{"mount = ['/x']", `relay.toml:1: mount = "/x": wants a table, got a string`},
		{"[[mount]]\nname = '/x'\npublic = 1", `relay.toml:3: mount.public = 1: wants true or false, got a whole number`},
		{"[[mount]]\nname = '/x'\ncharset = true", `relay.toml:3: mount.charset = true: wants a string, got a boolean`},
		{"[auth]\nadmin_password = 12345", `relay.toml:2: auth.admin_password = ***: wants a string, got a whole number`},
		{"[auth]\nadmin_password_file = 1", `relay.toml:2: auth.admin_password_file = 1: wants the path of a file as a string, got a whole number`},
	}.check(t)
}

func TestAllProblemsAreReportedInOrder(t *testing.T) {
	got := problems(t, "[log]\nlevel = 'loud'\n[server]\nport = 8000\n[limits]\nsources = -1\nlisteners = 'x'\n")
	want := []string{
		`relay.toml:2: log.level = "loud": must be "debug", "info", "warn" or "error"`,
		`relay.toml:4: server.port: unknown key`,
		`relay.toml:6: limits.sources = -1: must be at least 1`,
		`relay.toml:7: limits.listeners = "x": wants a whole number, got a string`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

func TestLongValuesAreShortened(t *testing.T) {
	text := "[log]\nlevel = 'äöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöü'"
	got := problems(t, text)
	want := `relay.toml:2: log.level = "äöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüäöüä…: must be "debug", "info", "warn" or "error"`
	if len(got) != 1 || got[0] != want {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}
