package icecast

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
)

// readBans reads the files that say who may not listen.
func (c *Config) readBans(paths *element) {
	if e := paths.take("deny-ip", "ban-file", "banfile"); e.word() != "" {
		c.readBanFile("deny_ips", e, func(line string) (string, bool) {
			line = withoutStars(line)
			return line, isNetwork(line)
		})
	}
	if e := paths.take("deny-agents"); e.word() != "" {
		c.readBanFile("deny_agents", e, func(line string) (string, bool) { return line, true })
	}
}

// readBanFile sets a list to the lines of a file that are understood.
func (c *Config) readBanFile(name string, e *element, understand func(line string) (string, bool)) {
	lines, err := bannedLines(c.place(e.word()))
	if err != nil {
		c.auth.lose(e, fmt.Sprintf("%v; put its lines into auth.%s", err, name))
		return
	}
	banned := []string{}
	odd := 0
	for _, line := range lines {
		if item, ok := understand(line); ok {
			banned = append(banned, item)
		} else {
			odd++
		}
	}
	if len(banned) > 0 {
		c.auth.set(name, banned, e)
		c.auth.remark(name, "the lines of "+e.word())
	}
	if odd > 0 {
		c.auth.lose(e, fmt.Sprintf("%d of its lines are no addresses", odd))
	}
}

// longestBanFile is what a list of banned listeners may have, in bytes.
const longestBanFile = 4 << 20

// bannedLines are the lines of a file, without those that say nothing.
func bannedLines(name string) ([]string, error) {
	// Ask first: opening a pipe would wait for somebody to write to it.
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > longestBanFile {
		return nil, fmt.Errorf("the file cannot be read from here")
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("the file cannot be read from here")
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if line = oneLine(line); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// withoutStars turns "10.1.*.*", as icecast-kh has it, into "10.1.0.0/16".
func withoutStars(address string) string {
	parts := strings.Split(address, ".")
	bits := 32
	for len(parts) > 0 && parts[len(parts)-1] == "*" {
		parts = parts[:len(parts)-1]
		bits -= 8
	}
	if bits == 32 || len(parts) == 0 || bits != 8*len(parts) {
		return address
	}
	prefix, err := netip.ParsePrefix(strings.Join(parts, ".") + strings.Repeat(".0", 4-len(parts)) + fmt.Sprintf("/%d", bits))
	if err != nil {
		return address
	}
	return prefix.String()
}
