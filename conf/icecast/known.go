package icecast

import (
	"reflect"
	"strings"

	"relay/conf"
)

// setting returns the default of a place such as "limits.burst" or
// "mount.listener_auth.url". A place that conf does not have is not found; it becomes a
// setting as soon as a struct of conf has its tag.
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

// tagged returns the field of a struct with this name in TOML.
func tagged(in reflect.Value, name string) (reflect.Value, bool) {
	for i := range in.NumField() {
		if in.Type().Field(i).Tag.Get("toml") == name {
			return in.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// unsaid returns an empty table of v if v is an array of tables; other values are
// returned as they are.
func unsaid(v reflect.Value) reflect.Value {
	switch v.Type() {
	case reflect.TypeFor[[]conf.Mount]():
		return reflect.ValueOf(conf.Default().Mount("/"))
	case reflect.TypeFor[[]conf.Relay]():
		return reflect.ValueOf(conf.Relay{})
	}
	return v
}
