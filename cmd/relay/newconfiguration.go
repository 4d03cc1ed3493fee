package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"relay/conf"
)

// values are TOML values by key, "log.format". It is a flag.Value that may be
// given several times.
type values map[string]string

func (v values) String() string { return "" }

// Set takes "log.format=\"json\"".
func (v values) Set(text string) error {
	key, value, ok := strings.Cut(text, "=")
	if !ok {
		return fmt.Errorf("%q has no value", text)
	}
	v[strings.TrimSpace(key)] = strings.TrimSpace(value)
	return nil
}

// initHeader stands in place of the first lines of the example.
const initHeader = `# relay.toml: how this radio server is set up. Made by "relay init".
# Every key is optional. Where a line begins with "#" and no blank, it shows a key with its default, or an example:
# take the "#" away to change it. "relay check" says what is wrong, and a reload puts most changes in force.
`

var (
	tableLine = regexp.MustCompile(`^\[([a-z_.]+)\]`)
	keyLine   = regexp.MustCompile(`^([a-z_]+)( *= *)("[^"]*"|\[[^\]]*\]|[^ #]+)(.*)$`)
	aboutForm = regexp.MustCompile(`(?s)\A.*?\n(# Durations)`)
)

// newConfiguration makes a configuration to begin with of an example with all
// keys: the defaults commented out, but for the passwords and what is set.
func newConfiguration(example string, source, admin conf.Secret, set values) (string, error) {
	wanted := values{
		"auth.source_password": fmt.Sprintf("%q", source.Reveal()),
		"auth.admin_password":  fmt.Sprintf("%q", admin.Reveal()),
	}
	maps.Copy(wanted, set)
	table := ""
	var b strings.Builder
	for line := range strings.Lines(aboutForm.ReplaceAllString(example, initHeader+"$1")) {
		if m := tableLine.FindStringSubmatch(line); m != nil {
			table = m[1]
		}
		m := keyLine.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil {
			b.WriteString(line)
			continue
		}
		key := table + "." + m[1]
		value, ok := wanted[key]
		if !ok {
			b.WriteString("#" + line)
			continue
		}
		delete(wanted, key)
		rest := strings.TrimLeft(m[4], " ")
		column := len(line) - 1 - len(rest) + 1 // where "#" has moved the other comments
		b.WriteString(strings.TrimRight(fmt.Sprintf("%-*s %s", column-1, m[1]+m[2]+value, rest), " ") + "\n")
	}
	if len(wanted) > 0 {
		return "", fmt.Errorf("there is no key %s to set", strings.Join(slices.Sorted(maps.Keys(wanted)), ", "))
	}
	return b.String(), nil
}
