package conf

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// ErrInlineMounts says that a text declares its mounts as one inline list,
// which WithMount and WithoutMount leave alone.
var ErrInlineMounts = errors.New("the mounts are written as mount = [{…}], and can be changed by hand only: as [[mount]] tables they could be changed from here")

// ErrScatteredMount says that other tables stand between those of a mount, which
// would be lost with it.
var ErrScatteredMount = errors.New("other tables stand between [[mount]] and a table of that mount further down: move that one up behind its [[mount]], then it can be changed from here")

// MountTable returns a [[mount]] as the text writes it: by keys of the
// configuration, with "${NAME}" where the text has that. ok is false when no
// mount of this name is declared. The text must be valid.
func MountTable(text []byte, name string) (table map[string]any, ok bool) {
	var declared struct {
		Mounts []map[string]any `toml:"mount"`
	}
	toml.Decode(string(text), &declared)
	for _, m := range declared.Mounts {
		if m["name"] == name {
			return m, true
		}
	}
	return nil, false
}

// WithMount returns the text with a [[mount]] of these keys in the place of
// the one of that name, or at its end when there is none. Whatever else the
// text holds, comments outside the mount included, stays as it is. The values
// are not checked: Parse does that. The error is ErrInlineMounts or
// ErrScatteredMount.
func WithMount(text []byte, name string, table map[string]any) ([]byte, error) {
	table = maps.Clone(table)
	table["name"] = name
	written, err := writeMount(table)
	if err != nil {
		return nil, err
	}
	start, end, err := mountLines(text, name)
	switch {
	case err != nil:
		return nil, err
	case start < 0:
		text = bytes.TrimRight(text, "\n")
		if len(text) > 0 {
			text = append(bytes.Clone(text), "\n\n"...)
		}
		return append(text, written...), nil
	}
	return slices.Concat(text[:start], written, text[end:]), nil
}

// WithoutMount returns the text without the [[mount]] of that name; ok is
// false when there is none. The error is ErrInlineMounts or ErrScatteredMount.
func WithoutMount(text []byte, name string) (without []byte, ok bool, err error) {
	start, end, err := mountLines(text, name)
	if err != nil || start < 0 {
		return text, false, err
	}
	before, after := bytes.TrimRight(text[:start], "\n"), bytes.TrimLeft(text[end:], "\n")
	if len(before) > 0 {
		before = append(bytes.Clone(before), '\n')
		if len(after) > 0 {
			before = append(before, '\n')
		}
	}
	return slices.Concat(before, after), true, nil
}

// mountLines finds where the [[mount]] of that name begins and where the line
// of its last value ends, as offsets; start is -1 when there is none.
func mountLines(text []byte, name string) (start, end int, err error) {
	var declared struct {
		Mounts []struct {
			Name string `toml:"name"`
		} `toml:"mount"`
	}
	if _, err := toml.Decode(string(text), &declared); err != nil {
		return -1, -1, err
	}
	at := -1
	for i, m := range declared.Mounts {
		if m.Name == name {
			at = i
		}
	}
	blocks := mountBlocks(string(text))
	switch {
	case len(blocks) != len(declared.Mounts):
		return -1, -1, ErrInlineMounts
	case at < 0:
		return -1, -1, nil
	case blocks[at].scattered:
		return -1, -1, ErrScatteredMount
	}
	return blocks[at].start, blocks[at].end, nil
}

// block is a stretch of a text, in bytes.
type block struct {
	start, end int
	scattered  bool // something else stands within
}

// mountBlocks finds the [[mount]] tables of a valid text with the tables below
// them. Lines without a value behind the last one are not theirs.
func mountBlocks(text string) (blocks []block) {
	within, left := false, false
	walkItems(text, func(i item) {
		if i.table {
			within = len(i.path) > 0 && i.path[0] == "mount"
			switch {
			case within && i.array && len(i.path) == 1:
				blocks = append(blocks, block{start: i.start})
				left = false
			case within && left && len(blocks) > 0:
				blocks[len(blocks)-1].scattered = true
			case !within:
				left = true
			}
		}
		if within && len(blocks) > 0 {
			blocks[len(blocks)-1].end = lineEnd(text, i.end)
		}
	})
	return blocks
}

// lineEnd returns the offset behind the end of the line at an offset.
func lineEnd(text string, at int) int {
	if n := strings.IndexByte(text[at:], '\n'); n >= 0 {
		return at + n + 1
	}
	return len(text)
}

// writeMount writes a [[mount]], its keys in the order of Mount.
func writeMount(table map[string]any) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("[[mount]]\n")
	if err := writeKeys(&b, table, reflect.TypeFor[Mount]()); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		for _, below := range tablesIn(table[name]) {
			header := "[mount." + quoteKey(name) + "]"
			if below.listed {
				header = "[" + header + "]"
			}
			b.WriteString("\n" + header + "\n")
			if err := writeKeys(&b, below.keys, nil); err != nil {
				return nil, err
			}
		}
	}
	return b.Bytes(), nil
}

// writeKeys writes what is no table, in the order of a struct's fields.
func writeKeys(b *bytes.Buffer, table map[string]any, order reflect.Type) error {
	names := slices.SortedFunc(maps.Keys(table), func(x, y string) int {
		return cmp.Or(placeOf(order, x)-placeOf(order, y), strings.Compare(x, y))
	})
	for _, name := range names {
		if len(tablesIn(table[name])) > 0 || isNoTables(table[name]) {
			continue
		}
		if err := toml.NewEncoder(b).Encode(map[string]any{name: table[name]}); err != nil {
			return fmt.Errorf("mount.%s: %w", name, err)
		}
	}
	return nil
}

// placeOf returns where a struct has the field of a key; one it does not have
// comes last.
func placeOf(table reflect.Type, key string) int {
	if table == nil {
		return 0
	}
	for i := range table.NumField() {
		if name := table.Field(i).Tag.Get("toml"); name == key || name+"_file" == key {
			return i
		}
	}
	return table.NumField()
}

// below is a table within a table.
type below struct {
	keys   map[string]any
	listed bool // one of several
}

// tablesIn returns the tables that a value is or lists.
func tablesIn(v any) (tables []below) {
	switch v := v.(type) {
	case map[string]any:
		return []below{{keys: v}}
	case []map[string]any:
		for _, keys := range v {
			tables = append(tables, below{keys, true})
		}
	case []any:
		for _, item := range v {
			if keys, ok := item.(map[string]any); ok {
				tables = append(tables, below{keys, true})
			}
		}
	}
	return tables
}

// isNoTables tells whether a value is an empty list of tables.
func isNoTables(v any) bool {
	list, ok := v.([]map[string]any)
	return ok && len(list) == 0
}
