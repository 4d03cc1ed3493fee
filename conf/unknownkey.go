package conf

import (
	"maps"
	"reflect"
	"slices"
)

// CheckMountKeys reports each unknown key of a [[mount]], at any depth, with a
// suggestion for the key that was probably meant, and each table in the place of a
// value. Keys with the value null count too. The error is an *Error, or several joined.
func CheckMountKeys(table map[string]any) error {
	r := &reader{values: map[string]any{}, failed: map[string]bool{}}
	r.checkKeys(path{}.key("mount"), table, reflect.TypeFor[Mount]())
	return r.err()
}

// checkKeys reports what is wrong with the keys of a table that fills a struct.
func (r *reader) checkKeys(at path, table map[string]any, in reflect.Type) {
	for _, name := range slices.Sorted(maps.Keys(table)) {
		p, value := at.key(name), table[name]
		i, known := fieldIndex(in, name)
		if !known {
			if !isSecretFile(in, name) {
				r.unknown(p, name, value, in)
				continue
			}
			r.checkNoTable(p, value)
			continue
		}
		switch of := in.Field(i).Type; {
		case value == nil:
		case isTable(of):
			if below, ok := value.(map[string]any); ok {
				r.checkKeys(p, below, of)
			} else {
				r.fail(p, "%v", wrongKind("a table", value))
			}
		case of.Kind() == reflect.Map:
			below, ok := value.(map[string]any)
			if !ok {
				r.fail(p, "%v", wrongKind("a table", value))
			}
			for name, value := range below {
				r.checkNoTable(p.key(name), value)
			}
		case of.Kind() == reflect.Slice && isTable(of.Elem()):
			r.checkTables(p, value, of.Elem())
		default:
			r.checkNoTable(p, value)
		}
	}
}

// checkTables is checkKeys for a list of tables.
func (r *reader) checkTables(at path, value any, in reflect.Type) {
	items, ok := value.([]any)
	if tables, isTables := value.([]map[string]any); isTables {
		for _, table := range tables {
			items = append(items, table)
		}
	} else if !ok {
		r.fail(at, "%v", wrongKind("a list of tables", value))
	}
	for i, item := range items {
		if below, ok := item.(map[string]any); ok {
			r.checkKeys(at.item(i), below, in)
		} else {
			r.fail(at.item(i), "%v", wrongKind("a table", item))
		}
	}
}

// checkNoTable reports a table, or a list with one, in the place of a value.
func (r *reader) checkNoTable(at path, value any) {
	_, isTable := value.(map[string]any)
	if isTable || slices.ContainsFunc(listOf(value), func(element any) bool { return areTables(element, element) }) {
		r.fail(at, "must not be, or hold, a table")
	}
}

// isSecretFile reports whether a key names the file of a secret of a struct.
func isSecretFile(in reflect.Type, name string) bool {
	for i := range in.NumField() {
		if tag := in.Field(i).Tag.Get("toml"); tag != "" && tag+"_file" == name && in.Field(i).Type == secretType {
			return true
		}
	}
	return false
}
