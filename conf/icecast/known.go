package icecast

import (
	"reflect"
	"strings"

	"relay/conf"
)

// setting finds what stands at a place such as "limits.burst" or
// "mount.listener_auth.url" in a configuration where nothing is configured:
// the default. A place that conf does not know is not found, and becomes a
// setting by itself once a struct of conf has its tag.
func setting(place string) (reflect.Value, bool) {
	at := reflect.ValueOf(*conf.Default())
	for name := range strings.SplitSeq(place, ".") {
		if at.Kind() != reflect.Struct {
			return reflect.Value{}, false
		}
		below, ok := tagged(at, name)
		if !ok {
			return reflect.Value{}, false
		}
		at = unsaid(below)
	}
	return at, true
}

// tagged finds the field of a struct that has this name in TOML.
func tagged(in reflect.Value, name string) (reflect.Value, bool) {
	for i := range in.NumField() {
		if in.Type().Field(i).Tag.Get("toml") == name {
			return in.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// unsaid is one of the tables in an array of tables, as it is when nothing
// is said in it; other values are themselves.
func unsaid(v reflect.Value) reflect.Value {
	switch v.Type() {
	case reflect.TypeFor[[]conf.Mount]():
		return reflect.ValueOf(conf.Default().Mount("/"))
	case reflect.TypeFor[[]conf.Relay]():
		return reflect.ValueOf(conf.Relay{})
	}
	return v
}
