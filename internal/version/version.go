// Package version tells which version of relay this is.
package version

import (
	"regexp"
	"runtime/debug"
	"strings"
	"time"
)

// Number is the release, and commit the source it was built from. A build sets them:
//
//	go build -ldflags "-X relay/internal/version.Number=1.2.3 -X relay/internal/version.commit=4f2a…" ./cmd/relay
//
// Otherwise they come from the Go toolchain, which records the commit, and its tag if
// there is one, when it builds in a checkout.
var (
	Number = unreleased
	commit string
)

const unreleased = "0.1.0-dev"

func init() {
	info, ok := debug.ReadBuildInfo()
	if ok && Number == unreleased && releaseTag.MatchString(info.Main.Version) {
		Number = info.Main.Version[1:]
	}
}

// releaseTag matches a tag such as "v1.2.3", but not the versions that Go makes up for
// commits without one.
var releaseTag = regexp.MustCompile(`^v[1-9]\d*\.\d+\.\d+$|^v0\.\d*[1-9]\d*\.\d+$`)

// Server returns the name of the program in Server header lines and statistics.
func Server() string { return "relay/" + Number }

// Commit returns the commit of the source, followed by "+" if files had been changed;
// "unknown" outside a checkout.
func Commit() string {
	if commit != "" {
		return short(commit)
	}
	revision := setting("vcs.revision")
	if revision == "" {
		return "unknown"
	}
	if setting("vcs.modified") == "true" {
		revision += "+"
	}
	return short(revision)
}

// Date returns the time of that commit, otherwise today.
func Date() time.Time {
	if at, err := time.Parse(time.RFC3339, setting("vcs.time")); err == nil {
		return at
	}
	return time.Now()
}

// setting returns a value that the Go toolchain recorded about the build.
func setting(key string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

// short returns the beginning of a commit's hash, as git shows it, with the "+" that
// may follow.
func short(revision string) string {
	hash, changed := strings.CutSuffix(revision, "+")
	hash = hash[:min(12, len(hash))]
	if changed {
		hash += "+"
	}
	return hash
}
