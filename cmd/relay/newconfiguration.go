package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"relay/conf"
)

// values are TOML values by key, "log.format". As a pflag.Value it may be given several
// times.
type values map[string]string

func (v values) String() string { return "" }

// Type returns the name of a value in the help.
func (v values) Type() string { return "key=value" }

// Set parses "log.format=\"json\"".
func (v values) Set(text string) error {
	key, value, ok := strings.Cut(text, "=")
	if !ok {
		return fmt.Errorf("%q has no value", text)
	}
	v[strings.TrimSpace(key)] = strings.TrimSpace(value)
	return nil
}

// initHeader replaces the first lines of the example.
const initHeader = `# relay.toml: how this radio server is set up. Made by "relay init".
# Every key is optional. Where a line begins with "#" and no blank, it shows a key with its default, or an example:
# take the "#" away to change it. "relay check" says what is wrong, and a reload puts most changes in force.
`

var (
	tableLine = regexp.MustCompile(`^\[([a-z_.]+)\]`)
	keyLine   = regexp.MustCompile(`^([a-z_]+)( *= *)("[^"]*"|\[[^\]]*\]|[^ #]+)(.*)$`)
	aboutForm = regexp.MustCompile(`(?s)\A.*?\n(# Durations)`)
)

// newConfiguration converts an example with all keys to a configuration to begin with:
// the defaults are commented out, except for the passwords and the keys in set.
func newConfiguration(example string, source, admin conf.Secret, set values) (string, error) {
	wanted := values{
		"auth.source_password": fmt.Sprintf("%q", source.Reveal()),
		"auth.admin_password":  fmt.Sprintf("%q", admin.Reveal()),
		// As described in README.md: programs with SHOUTcast's first protocol connect
		// to the second port.
		"server.shoutcast_listen": `":8001"`,
		"server.shoutcast_mount":  fmt.Sprintf("%q", defaultMount),
	}
	maps.Copy(wanted, set)
	table := ""
	var b strings.Builder
	for line := range strings.Lines(declareDefault(aboutForm.ReplaceAllString(example, initHeader+"$1"))) {
		if m := tableLine.FindStringSubmatch(line); m != nil {
			table = m[1]
		}
		if strings.HasPrefix(line, "[[") {
			table = ""
		}
		m := keyLine.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil {
			b.WriteString(line)
			continue
		}
		key := table + "." + m[1]
		value, ok := wanted[key]
		if table == "" { // of a declared mount
			b.WriteString(line)
			continue
		}
		if !ok {
			b.WriteString("#" + line)
			continue
		}
		delete(wanted, key)
		rest := strings.TrimLeft(m[4], " ")
		column := len(line) - 1 - len(rest) + 1 // of the other comments, after "#" has moved them
		b.WriteString(strings.TrimRight(fmt.Sprintf("%-*s %s", column-1, m[1]+m[2]+value, rest), " ") + "\n")
	}
	if len(wanted) > 0 {
		return "", fmt.Errorf("there is no key %s to set", strings.Join(slices.Sorted(maps.Keys(wanted)), ", "))
	}
	return b.String(), nil
}

// declareDefault declares the announced mount, so that it is on the air before there is
// anything to play on it.
func declareDefault(example string) string {
	for commented, declared := range map[string]string{
		"#[[mount]]\n":                            "[[mount]]\n",
		"#name            = ":                     "name             = ",
		"#interlude       = false               ": "interlude        = true                ",
	} {
		example = strings.Replace(example, commented, declared, 1)
	}
	return example
}
