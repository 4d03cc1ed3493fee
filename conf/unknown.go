package conf

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// unknown reports an unknown key, and suggests the one that was probably meant: the
// same name in another table, or a similar name in this one.
func (r *reader) unknown(p path, name string, v any, in reflect.Type) {
	tables := tablesOf("", reflect.TypeFor[Config]())
	switch v.(type) {
	case map[string]any, []map[string]any:
		written := make(map[string]string)
		for _, t := range tables {
			written[t.name[strings.LastIndex(t.name, ".")+1:]] = t.written
		}
		if near, ok := Nearest(name, slices.Sorted(maps.Keys(written))); ok {
			r.fail(p, "unknown table; did you mean %s?", written[near])
		} else {
			r.fail(p, "unknown table")
		}
		return
	}
	var homes []string
	for _, t := range tables {
		if slices.Contains(t.keys, name) {
			homes = append(homes, t.written)
		}
	}
	if near, ok := Nearest(name, keysOf(in)); len(homes) > 0 {
		r.fail(p, "unknown key; %s belongs to %s", name, strings.Join(homes, " or "))
	} else if ok {
		r.fail(p, "unknown key; did you mean %s?", near)
	} else {
		r.fail(p, "unknown key")
	}
}

// knownTable is a table that a configuration may contain.
type knownTable struct {
	name    string // "mount.files"
	written string // "[mount.files]", "[[mount]]"
	keys    []string
}

// tablesOf lists the tables within a struct, which is itself the table with this name.
func tablesOf(name string, in reflect.Type) []knownTable {
	var tables []knownTable
	for i := range in.NumField() {
		field := in.Field(i)
		t := knownTable{name: strings.TrimPrefix(name+"."+field.Tag.Get("toml"), ".")}
		below := field.Type
		switch {
		case isTable(below):
			t.written = "[" + t.name + "]"
		case below.Kind() == reflect.Slice && isTable(below.Elem()):
			below = below.Elem()
			t.written = "[[" + t.name + "]]"
		default:
			continue
		}
		t.keys = keysOf(below)
		tables = append(tables, t)
		tables = append(tables, tablesOf(t.name, below)...)
	}
	return tables
}

// isTable reports whether a type represents a TOML table rather than a value with a
// reader of its own.
func isTable(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && !reflect.PointerTo(t).Implements(unmarshalerType)
}

var unmarshalerType = reflect.TypeFor[toml.Unmarshaler]()

// keysOf lists the keys of a table, without those that are tables, in the order of its
// struct.
func keysOf(table reflect.Type) []string {
	var keys []string
	for i := range table.NumField() {
		field := table.Field(i)
		name := field.Tag.Get("toml")
		if name == "" || isTable(field.Type) || field.Type.Kind() == reflect.Slice && isTable(field.Type.Elem()) {
			continue
		}
		keys = append(keys, name)
		if field.Type == secretType {
			keys = append(keys, name+"_file")
		}
	}
	return keys
}

// Nearest returns the name from which the given one differs only by a typing error.
func Nearest(given string, names []string) (string, bool) {
	best, fewest := "", 1+max(1, min(3, len(given)/4))
	for _, name := range names {
		if n := slips(strings.ToLower(given), name); n < fewest {
			best, fewest = name, n
		}
	}
	return best, best != ""
}

// slips returns the number of letters to add, remove, replace or swap with their
// neighbour to turn a into b (the optimal string alignment distance).
func slips(a, b string) int {
	var last, row []int
	next := make([]int, len(b)+1)
	for j := range next {
		next[j] = j
	}
	for i := range len(a) {
		last, row, next = row, next, make([]int, len(b)+1)
		next[0] = i + 1
		for j := range len(b) {
			replace := row[j]
			if a[i] != b[j] {
				replace++
			}
			next[j+1] = min(replace, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], last[j-1]+1)
			}
		}
	}
	return next[len(b)]
}
