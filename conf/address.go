package conf

import (
	"net/url"
	"reflect"
	"strings"
)

// hidden stands for what is not shown.
const hidden = "***"

// The values of the tag "secret": how much of an address may be a key.
const (
	secretPath  = "path"  // all behind the host, as with web hooks
	secretQuery = "query" // the login and the query
)

// HideHook returns the address of a web hook with "***" in place of its login,
// and of its path and query, any of which may be a key. What is no address is
// shown only where it is a single word.
func HideHook(address string) string {
	u, err := url.Parse(address)
	switch {
	case err == nil && u.Scheme != "" && u.Host != "":
	case strings.ContainsAny(address, "/?#@:"):
		return hidden
	default:
		return address
	}
	login, path := "", u.EscapedPath()
	if u.User != nil {
		login = hidden + "@"
	}
	if strings.Trim(path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		path = "/" + hidden
	}
	return u.Scheme + "://" + login + u.Host + path
}

// HideStream returns the address of a stream with "***" in place of its login
// and query.
func HideStream(address string) string {
	address, query, found := strings.Cut(urlLogin.ReplaceAllString(address, "$1"+hidden+"@"), "?")
	if found && query != "" {
		address += "?" + hidden
	}
	return address
}

// HideAddress is HideHook or HideStream, as the tag of a field of the
// configuration says, or hides a login alone.
func HideAddress(field reflect.StructField, address string) string {
	switch field.Tag.Get("secret") {
	case secretPath:
		return HideHook(address)
	case secretQuery:
		return HideStream(address)
	}
	return urlLogin.ReplaceAllString(address, "$1"+hidden+"@")
}
