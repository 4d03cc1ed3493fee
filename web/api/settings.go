package api

import (
	"encoding"
	"reflect"

	"relay/conf"
)

// settingsOf returns the settings of a mount with the keys and value forms of
// relay.toml. It leaves passwords out and hides the parts of addresses that may be
// keys.
func settingsOf(m conf.Mount) map[string]any {
	settings := table(reflect.ValueOf(m))
	delete(settings, "name")
	return settings
}

func table(of reflect.Value) map[string]any {
	keys := map[string]any{}
	for i := range of.NumField() {
		field := of.Type().Field(i)
		if key := field.Tag.Get("toml"); key != "" && field.Type != reflect.TypeFor[conf.Secret]() {
			keys[key] = setting(of.Type().Field(i), of.Field(i))
		}
	}
	return keys
}

func setting(field reflect.StructField, v reflect.Value) any {
	if _, ok := v.Interface().(encoding.TextMarshaler); ok {
		return v.Interface()
	}
	switch v.Kind() {
	case reflect.Struct:
		return table(v)
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = setting(field, v.Index(i))
		}
		return list
	case reflect.Map:
		if v.IsNil() {
			return map[string]any{}
		}
	case reflect.String:
		return conf.HideAddress(field, v.String())
	}
	return v.Interface()
}
