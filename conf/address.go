package conf

import (
	"net/url"
	"reflect"
	"strings"
)

// hidden is shown in place of a secret.
const hidden = "***"

// Values of the tag "secret": which parts of an address may be secret.
const (
	secretPath  = "path"  // everything after the host, as with web hooks
	secretQuery = "query" // the login and the query
)

// HideHook returns the address of a web hook with "***" in place of its login, path and
// query, each of which may be a key. A text that is not an address is shown only if it
// is a single word.
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

// HideAddress applies HideHook or HideStream, as the tag of a configuration field says,
// or hides the login only.
func HideAddress(field reflect.StructField, address string) string {
	switch field.Tag.Get("secret") {
	case secretPath:
		return HideHook(address)
	case secretQuery:
		return HideStream(address)
	}
	return urlLogin.ReplaceAllString(address, "$1"+hidden+"@")
}
