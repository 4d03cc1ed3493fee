package conf

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// literal writes a value as TOML on one line.
func literal(v any) string {
	switch v := v.(type) {
	case map[string]any:
		var keys []string
		for _, name := range inOrderOf(nil, v) {
			keys = append(keys, keyLiteral(name)+" = "+literal(v[name]))
		}
		if len(keys) == 0 {
			return "{}"
		}
		return "{ " + strings.Join(keys, ", ") + " }"
	case []any, []map[string]any:
		var elements []string
		for _, element := range listOf(v) {
			elements = append(elements, literal(element))
		}
		return "[" + strings.Join(elements, ", ") + "]"
	}
	var b strings.Builder
	if err := toml.NewEncoder(&b).Encode(map[string]any{"k": v}); err != nil {
		panic(err) // v came from TOML or JSON, so TOML can represent it
	}
	return strings.TrimSpace(strings.TrimPrefix(b.String(), "k = "))
}

// keyLiteral writes a key.
func keyLiteral(name string) string {
	if quoteKey(name) == name {
		return name
	}
	return literal(name)
}

// keysLiteral writes a dotted key.
func keysLiteral(names []string) string {
	written := make([]string, len(names))
	for i, name := range names {
		written[i] = keyLiteral(name)
	}
	return strings.Join(written, ".")
}

// writtenSection writes a table as lines below a header, and each table in it below a
// header of its own.
func writtenSection(indent, indentOfKeys string, names []string, listed bool, table map[string]any) []string {
	header := "[" + keysLiteral(names) + "]"
	if listed {
		header = "[" + header + "]"
	}
	lines := []string{indent + header}
	order := typeOf(names)
	var below []string
	for _, name := range inOrderOf(order, table) {
		v := table[name]
		tables, listed := tablesIn(v)
		switch {
		case isNoTables(v):
		case len(tables) == 0:
			lines = append(lines, indentOfKeys+keyLiteral(name)+" = "+literal(v))
		default:
			for _, t := range tables {
				below = append(below, "")
				below = append(below, writtenSection(indent, indentOfKeys, append(slices.Clone(names), name), listed, t)...)
			}
		}
	}
	return append(lines, below...)
}

// typeOf returns the struct for the table with these names, beginning with "mount";
// nil: there is none.
func typeOf(names []string) reflect.Type {
	t := reflect.TypeFor[Mount]()
	for _, name := range names[1:] {
		t = fieldType(t, name)
	}
	return t
}

// fieldType returns the struct for a table within another, or for an element of a list
// of tables; nil: there is none.
func fieldType(t reflect.Type, key string) reflect.Type {
	if t == nil {
		return nil
	}
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("toml") != key {
			continue
		}
		of := t.Field(i).Type
		if of.Kind() == reflect.Slice {
			of = of.Elem()
		}
		if of.Kind() == reflect.Struct {
			return of
		}
	}
	return nil
}

// inOrderOf returns the keys of a table in the order of a struct's fields.
func inOrderOf(order reflect.Type, table map[string]any) []string {
	return slices.SortedFunc(maps.Keys(table), func(x, y string) int {
		return cmp.Or(placeOf(order, x)-placeOf(order, y), strings.Compare(x, y))
	})
}

// placeOf returns the index of the field for a key in a struct; unknown keys come last.
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

// tablesIn returns v as a list of tables, if it is a table or a list of tables. listed
// reports whether it is a list of tables only.
func tablesIn(v any) (tables []map[string]any, listed bool) {
	if table, ok := v.(map[string]any); ok {
		return []map[string]any{table}, false
	}
	for _, element := range listOf(v) {
		table, ok := element.(map[string]any)
		if !ok {
			return nil, false
		}
		tables = append(tables, table)
	}
	return tables, len(tables) > 0
}

// isNoTables reports whether v is an empty list of tables.
func isNoTables(v any) bool {
	list, ok := v.([]map[string]any)
	return ok && len(list) == 0
}

// listOf returns the elements of a list; nil: v is not a list.
func listOf(v any) []any {
	switch v := v.(type) {
	case []any:
		return v
	case []map[string]any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = v[i]
		}
		return list
	}
	return nil
}

func isList(v any) bool { return v != nil && reflect.TypeOf(v).Kind() == reflect.Slice }

// isSame reports whether two values have the same text.
func isSame(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		table, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, table, isSame)
	case []any, []map[string]any:
		return isList(b) && slices.EqualFunc(listOf(a), listOf(b), isSame)
	}
	return reflect.DeepEqual(a, b)
}
