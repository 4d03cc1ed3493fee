package conf

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestMountName is in bytes.
const longestMountName = 255

// CheckMountName says what keeps a name from being that of a mount, or nil. It
// is the rule for declared mounts and for those that a source makes by
// connecting; name is the path of the URL with its escapes decoded.
func CheckMountName(name string) error {
	if problem := nameProblem(name, false); problem != "" {
		return errors.New(problem)
	}
	return nil
}

// MountPath returns the name of the mount that a client means by a path: without what
// stands behind a "?" or "#", which were escaped, with one slash where there are several,
// and without one at the end. It need not be the name of a mount that there can be, see
// CheckMountName.
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

// SourceMount is MountPath for what a source calls its mount, or names in a title for it.
// "/" names none, and stands for the one of SHOUTcast's sources, which name none either.
func (c *Config) SourceMount(path string) string {
	if path = MountPath(path); path == "/" {
		return c.Server.ShoutcastMount
	}
	return path
}

// nameProblem is what is wrong with the name of a mount or pattern, or nothing.
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
	case len(name) > longestMountName:
		return fmt.Sprintf("must not be longer than %d bytes", longestMountName)
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

// reserved tells whether the server answers itself under this name.
func reserved(name string) bool {
	switch name {
	case "/", "/api", "/assets", "/status-json.xsl", "/status.xsl", "/server_version.xsl", "/7.html", "/7.xsl", "/stats",
		"/currentsong", "/played", "/played.html", "/index.html",
		"/listen.m3u", "/listen.pls", "/metrics", "/healthz", "/readyz", "/favicon.ico":
		return true
	}
	return strings.HasPrefix(name, "/admin") || strings.HasPrefix(name, "/;") || strings.HasPrefix(name, "/api/") || strings.HasPrefix(name, "/assets/")
}

// unprintable is true for control and formatting characters and for blanks,
// except the plain one, which sources may use (recorded: source-mount-names).
func unprintable(c rune) bool {
	return c != ' ' && (unicode.IsSpace(c) || !unicode.IsGraphic(c))
}
