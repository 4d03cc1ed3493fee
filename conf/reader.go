package conf

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// reader copies the values of a TOML text into a Config and collects all problems.
type reader struct {
	file   string         // as in errors
	lines  map[string]int // of each key, by path id
	values map[string]any // as in the text, by path id; passwords as Secret
	failed map[string]bool
	errs   []*Error
}

// given reports whether the text has a value or table at p.
func (r *reader) given(p path) bool {
	_, ok := r.values[p.id]
	return ok
}

// usable reports whether the text has a valid value at p.
func (r *reader) usable(p path) bool { return r.given(p) && !r.failed[p.id] }

// table copies the keys of a table into the fields of a struct with those names as toml
// tags. A field that is a Secret has a second key, its name plus "_file".
func (r *reader) table(at path, keys map[string]any, into reflect.Value) {
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		p := at.key(name)
		if i, ok := fieldIndex(into.Type(), name); ok {
			r.values[p.id] = shownValue(into.Type().Field(i), keys[name])
			r.value(p, keys[name], into.Field(i))
			remember(into, name)
			continue
		}
		plain, isFile := strings.CutSuffix(name, "_file")
		if i, ok := fieldIndex(into.Type(), plain); ok && isFile && into.Type().Field(i).Type == secretType {
			r.values[p.id] = keys[name]
			if r.secretFile(p, keys, plain, into.Field(i)) {
				remember(into, plain)
			}
			continue
		}
		r.unknown(p, name, keys[name], into.Type())
	}
}

// rememberer is a struct that records which of its keys were given, because a zero
// value that was given differs from a missing one.
type rememberer interface{ remember(key string) }

func remember(table reflect.Value, key string) {
	if t, ok := table.Addr().Interface().(rememberer); ok {
		t.remember(key)
	}
}

// value copies one value into a field.
func (r *reader) value(at path, v any, field reflect.Value) {
	if u, ok := field.Addr().Interface().(toml.Unmarshaler); ok {
		if err := u.UnmarshalTOML(v); err != nil {
			r.fail(at, "%v", err)
		}
		return
	}
	switch field.Kind() {
	case reflect.String:
		if s, ok := v.(string); ok {
			field.SetString(s)
		} else {
			r.fail(at, "%v", wrongKind("a string", v))
		}
	case reflect.Bool:
		if b, ok := v.(bool); ok {
			field.SetBool(b)
		} else {
			r.fail(at, "%v", wrongKind("true or false", v))
		}
	case reflect.Int:
		n, ok := v.(int64)
		switch {
		case !ok:
			r.fail(at, "%v", wrongKind("a whole number", v))
		case field.OverflowInt(n):
			r.fail(at, "is too large a number")
		default:
			field.SetInt(n)
		}
	case reflect.Struct:
		if keys, ok := v.(map[string]any); ok {
			r.table(at, keys, field)
		} else {
			r.fail(at, "%v", wrongKind("a table", v))
		}
	case reflect.Slice:
		r.list(at, v, field)
	default:
		panic(fmt.Sprintf("conf: no TOML value fits a %v", field.Type()))
	}
}

// list copies the elements of a list, or of an array of tables, into a slice. An empty
// list becomes a nil slice.
func (r *reader) list(at path, v any, field reflect.Value) {
	tables := isTable(field.Type().Elem())
	items, ok := v.([]any)
	if maps, isTables := v.([]map[string]any); isTables && tables {
		items, ok = make([]any, len(maps)), true
		for i, m := range maps {
			items[i] = m
		}
	}
	if !ok {
		want := `a list of strings, ["…"]`
		if tables {
			want = "[[" + at.shown + "]] in double brackets"
		}
		r.fail(at, "%v", wrongKind(want, v))
		return
	}
	field.SetZero()
	for i, item := range items {
		p := at.item(i)
		r.values[p.id] = item
		if field.Type().Elem() == secretType {
			r.values[p.id] = shownSecret(item)
		}
		element := reflect.New(field.Type().Elem()).Elem()
		r.value(p, item, element)
		field.Set(reflect.Append(field, element))
	}
}

// secretFile reads the password from the file named at p into its field, and reports
// whether a file was named. The password itself must be missing or empty then.
func (r *reader) secretFile(p path, keys map[string]any, plain string, field reflect.Value) bool {
	name, ok := keys[plain+"_file"].(string)
	if !ok {
		r.fail(p, "%v", wrongKind("the path of a file as a string", keys[plain+"_file"]))
		return false
	}
	if name == "" {
		return false
	}
	if other, ok := keys[plain]; ok && other != "" {
		r.fail(p, "%s is given too: keep one of the two", plain)
		return false
	}
	secret, err := readSecret(r.resolve(name))
	if err != nil {
		r.fail(p, "%v", err)
		return false
	}
	field.Set(reflect.ValueOf(secret))
	return true
}

// resolve makes a relative path relative to the folder of the configuration file. An
// empty path stays empty.
func (r *reader) resolve(name string) string {
	if name == "" || filepath.IsAbs(name) || r.file == "" {
		return name
	}
	return filepath.Join(filepath.Dir(r.file), name)
}

// shownValue returns the part of a field's value that errors may show.
func shownValue(field reflect.StructField, v any) any {
	switch s, isText := v.(string); {
	case field.Type == secretType:
		return shownSecret(v)
	case field.Type == reflect.SliceOf(secretType):
		list, _ := v.([]any)
		if list == nil {
			return Secret("given")
		}
		shown := make([]any, len(list))
		for i, item := range list {
			shown[i] = shownSecret(item)
		}
		return shown
	case isText:
		return HideAddress(field, s)
	}
	return v
}

// shownSecret returns the part of a secret that errors may show: the name of a
// variable, or that it is empty.
func shownSecret(v any) any {
	if s, ok := v.(string); ok && (s == "" || isVariable(s)) {
		return v
	}
	return Secret("given")
}

// fieldIndex returns the index of the field with a toml tag in a struct.
func fieldIndex(in reflect.Type, name string) (int, bool) {
	for i := range in.NumField() {
		if tag := in.Field(i).Tag.Get("toml"); tag == name && tag != "" {
			return i, true
		}
	}
	return 0, false
}

// wrongKind returns the error for a value of the wrong TOML type.
func wrongKind(want string, got any) error {
	return fmt.Errorf("wants %s, got %s", want, kind(got))
}

// kind returns the TOML type of a value.
func kind(v any) string {
	switch v.(type) {
	case string:
		return "a string"
	case int64:
		return "a whole number"
	case float64:
		return "a decimal number"
	case bool:
		return "a boolean"
	case time.Time:
		return "a date or time"
	case map[string]any:
		return "a table"
	case []any:
		return "a list"
	case []map[string]any:
		return "a list of tables"
	}
	return fmt.Sprintf("%T", v)
}

// between reports a value outside its bounds, which are themselves allowed.
func between[T cmp.Ordered](r *reader, p path, v, low, high T) {
	if v < low || v > high {
		r.fail(p, "must be between %v and %v", low, high)
	}
}

// atLeast reports a value below its minimum.
func atLeast[T cmp.Ordered](r *reader, p path, v, low T) {
	if v < low {
		r.fail(p, "must be at least %v", low)
	}
}
