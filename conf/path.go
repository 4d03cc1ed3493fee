package conf

import (
	"slices"
	"strconv"
	"strings"
)

// path is the place of a value in a configuration. The zero path is the whole
// configuration.
type path struct {
	id     string // unique: "mount[1].files.paths[0]"
	shown  string // as in errors: "mount.files.paths"
	parent *path  // nil for the whole configuration
	step   step   // from the parent
}

// step leads from a table to the value of one of its keys, or from a list to an
// element.
type step struct {
	name  string
	index int // of an element, from 0; otherwise -1
}

// steps returns the steps from the whole configuration to p.
func (p path) steps() (way []step) {
	for at := &p; at.parent != nil; at = at.parent {
		way = append(way, at.step)
	}
	slices.Reverse(way)
	return way
}

// key returns the place of a key in the table at p.
func (p path) key(name string) path {
	by := step{name, -1}
	name = quoteKey(name)
	if p.parent == nil {
		return path{name, name, &p, by}
	}
	return path{p.id + "." + name, p.shown + "." + name, &p, by}
}

// item returns the place of an element, counted from 0, in the list at p.
func (p path) item(i int) path {
	return path{p.id + "[" + strconv.Itoa(i) + "]", p.shown, &p, step{index: i}}
}

// quoteKey writes a key as in TOML, so that different paths have different ids.
func quoteKey(name string) string {
	bare := name != "" && strings.IndexFunc(name, func(c rune) bool { return !isBareKey(c) }) < 0
	if bare {
		return name
	}
	return strconv.Quote(name)
}

// isBareKey reports whether TOML allows c in a key without quotes.
func isBareKey(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}
