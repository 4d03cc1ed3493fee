package conf

import (
	"maps"
	"reflect"
	"slices"
)

// CheckMountKeys reports each key of a [[mount]], at any depth, that there is
// not, with the one that was probably meant, and each table that stands where
// there is none. A key whose value is null counts too. The error is an *Error, or
// several joined.
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
		case of.Kind() == reflect.Slice && isTable(of.Elem()):
			r.checkTables(p, value, of.Elem())
		default:
			r.checkNoTable(p, value)
		}
	}
}

// checkTables is checkKeys of a list of tables.
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

// checkNoTable reports a table, or a list with one, where a value is wanted.
func (r *reader) checkNoTable(at path, value any) {
	if len(tablesIn(value)) > 0 {
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
