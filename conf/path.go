package conf

import (
	"strconv"
	"strings"
)

// path is the place of a value in a configuration. The zero path is the whole.
type path struct {
	id     string // exact: "mount[1].files.paths[0]"
	shown  string // as an error names it: "mount.files.paths"
	parent *path  // nil for the whole
}

// key is the place of a key in the table at p.
func (p path) key(name string) path {
	name = quoteKey(name)
	if p.parent == nil {
		return path{name, name, &p}
	}
	return path{p.id + "." + name, p.shown + "." + name, &p}
}

// item is the place of an element, counted from 0, in the list at p.
func (p path) item(i int) path {
	return path{p.id + "[" + strconv.Itoa(i) + "]", p.shown, &p}
}

// quoteKey writes a key as TOML would, so that no two paths read the same.
func quoteKey(name string) string {
	bare := name != "" && strings.IndexFunc(name, func(c rune) bool { return !isBareKey(c) }) < 0
	if bare {
		return name
	}
	return strconv.Quote(name)
}

// isBareKey tells whether TOML lets c stand in a key without quotes.
func isBareKey(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-'
}
