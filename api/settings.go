package api

import (
	"encoding"
	"reflect"
	"regexp"

	"relay/conf"
)

// settingsOf returns the settings of a mount under the keys and in the words
// of relay.toml. Passwords are left out, and hidden where they are part of an
// address.
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
			keys[key] = setting(of.Field(i))
		}
	}
	return keys
}

func setting(v reflect.Value) any {
	if _, ok := v.Interface().(encoding.TextMarshaler); ok {
		return v.Interface()
	}
	switch v.Kind() {
	case reflect.Struct:
		return table(v)
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = setting(v.Index(i))
		}
		return list
	case reflect.String:
		return loginInAddress.ReplaceAllString(v.String(), "$1***@")
	}
	return v.Interface()
}

// loginInAddress is the login in an address.
var loginInAddress = regexp.MustCompile(`(://)[^/?#@\s]*@`)
