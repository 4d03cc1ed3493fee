package conf

import "testing"

func TestLogWords(t *testing.T) {
	refusals{
		{"[log]\nlevel = 'INFO'", `relay.toml:2: log.level = "INFO": must be "debug", "info", "warn" or "error"`},
		{"[log]\nformat = ''", `relay.toml:2: log.format = "": must be "console" or "json"`},
	}.check(t)
}
