package conf

import (
	"fmt"
	"reflect"
	"slices"
)

// Diff returns the keys whose values differ between two configurations, in the order of
// their tables: "limits.buffer", "mount[/live].title", or "mount[/live]" for a mount
// that only one of them declares.
func Diff(a, b *Config) []string {
	var keys []string
	diffTable(&keys, "", reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem())
	return keys
}

// NeedRestart returns the keys that differ between two configurations and take effect
// only after a restart. Their fields have the tag restart:"true".
func NeedRestart(a, b *Config) []string {
	return slices.DeleteFunc(Diff(a, b), func(key string) bool { return !restartKeys[key] })
}

// restartKeys are the keys, outside lists, that are read only at the start.
var restartKeys = func() map[string]bool {
	keys := map[string]bool{}
	var walk func(prefix string, t reflect.Type)
	walk = func(prefix string, t reflect.Type) {
		for i := range t.NumField() {
			field := t.Field(i)
			switch name := field.Tag.Get("toml"); {
			case name == "":
			case isTable(field.Type):
				walk(prefix+name+".", field.Type)
			case field.Tag.Get("restart") == "true":
				keys[prefix+name] = true
			}
		}
	}
	walk("", reflect.TypeFor[Config]())
	return keys
}()

func diffTable(keys *[]string, prefix string, a, b reflect.Value) {
	for i := range a.NumField() {
		field := a.Type().Field(i)
		name := field.Tag.Get("toml")
		if name == "" {
			continue
		}
		diffValue(keys, prefix+name, a.Field(i), b.Field(i))
	}
}

func diffValue(keys *[]string, key string, a, b reflect.Value) {
	switch {
	case isTable(a.Type()):
		diffTable(keys, key+".", a, b)
	case a.Kind() == reflect.Slice && isTable(a.Type().Elem()):
		diffList(keys, key, a, b)
	case !reflect.DeepEqual(a.Interface(), b.Interface()):
		*keys = append(*keys, key)
	}
}

// diffList compares lists of tables, matching their elements by name.
func diffList(keys *[]string, key string, a, b reflect.Value) {
	inB := map[string]reflect.Value{}
	for i := range b.Len() {
		inB[elementName(b.Index(i), i)] = b.Index(i)
	}
	for i := range a.Len() {
		name := elementName(a.Index(i), i)
		other, both := inB[name]
		if !both {
			*keys = append(*keys, fmt.Sprintf("%s[%s]", key, name))
			continue
		}
		delete(inB, name)
		diffTable(keys, fmt.Sprintf("%s[%s].", key, name), a.Index(i), other)
	}
	for i := range b.Len() {
		if name := elementName(b.Index(i), i); inB[name].IsValid() {
			*keys = append(*keys, fmt.Sprintf("%s[%s]", key, name))
		}
	}
}

// elementName returns the name of a table in a list: its name, mount or user, otherwise
// its index.
func elementName(table reflect.Value, i int) string {
	for _, field := range []string{"Name", "Mount", "User"} {
		if f := table.FieldByName(field); f.IsValid() && f.String() != "" {
			return f.String()
		}
	}
	return fmt.Sprint(i)
}
