package conf

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMountName is the maximum length of a mount's name, in bytes.
const maxMountName = 255

// CheckMountName returns why name cannot be the name of a mount, or nil. It applies to
// declared mounts and to mounts that a source creates by connecting. name is the path
// of the URL with its escapes decoded.
func CheckMountName(name string) error {
	if problem := nameProblem(name, false); problem != "" {
		return errors.New(problem)
	}
	return nil
}

// MountPath returns the mount that a client means by a path. It removes an escaped "?"
// or "#" and everything after it, repeated slashes and a slash at the end. The result
// need not be a valid name of a mount, see CheckMountName.
func MountPath(path string) string {
	if end := strings.IndexAny(path, "?#"); end >= 0 {
		path = path[:end]
	}
	if path != "" && path[0] != '/' {
		return path
	}
	parts := strings.FieldsFunc(path, func(c rune) bool { return c == '/' })
	return "/" + strings.Join(parts, "/")
}

// SourceMount is MountPath for the mount in a source's request or in an update of its
// title. "/" names no mount, and stands for ShoutcastMount, where SHOUTcast sources
// without a mount go.
func (c *Config) SourceMount(path string) string {
	if path = MountPath(path); path == "/" {
		return c.Server.ShoutcastMount
	}
	return path
}

// nameProblem returns what is wrong with the name of a mount or pattern; empty:
// nothing.
func nameProblem(name string, patterns bool) string {
	bare := name
	if patterns {
		bare = strings.TrimSuffix(name, "*")
	}
	isPattern := bare != name
	const want = `must start with "/", such as "/live"`
	switch {
	case !strings.HasPrefix(name, "/"):
		return want
	case len(name) > maxMountName:
		return fmt.Sprintf("must not be longer than %d bytes", maxMountName)
	case !utf8.ValidString(name) || strings.IndexFunc(name, unprintable) >= 0:
		return "must not have control characters, or blanks other than a plain one"
	case strings.ContainsAny(name, "?#"):
		return `must not have a query or fragment ("?", "#")`
	case strings.Contains(name, "..") || slices.Contains(strings.Split(name, "/"), "."):
		return `must not have "." or ".." for a folder`
	case strings.Contains(name, "//"):
		return `must not have "//"`
	case strings.Contains(bare, "*") && patterns:
		return `must have "*" as its last character only`
	case strings.Contains(bare, "*"):
		return `must not have "*"`
	case isPattern && bare == "/":
		return ""
	case reserved(bare):
		return "is kept for the server's own pages"
	case !isPattern && strings.HasSuffix(name, "/"):
		return `must not end with "/"`
	}
	return ""
}

// reserved reports whether the server itself answers requests for this name.
func reserved(name string) bool {
	switch name {
	case "/", "/api", "/assets", "/status-json.xsl", "/status.xsl", "/server_version.xsl", "/7.html", "/7.xsl", "/stats",
		"/currentsong", "/played", "/played.html", "/index.html",
		"/listen.m3u", "/listen.pls", "/metrics", "/healthz", "/readyz", "/favicon.ico":
		return true
	}
	return strings.HasPrefix(name, "/admin") || strings.HasPrefix(name, "/;") || strings.HasPrefix(name, "/api/") || strings.HasPrefix(name, "/assets/")
}

// unprintable reports whether c is a control or formatting character or a blank other
// than the plain one, which sources may use (e2e/recorded/source-mount-names.txt).
func unprintable(c rune) bool {
	return c != ' ' && (unicode.IsSpace(c) || !unicode.IsGraphic(c))
}
