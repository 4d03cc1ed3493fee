// Package version says which relay this is.
package version

import (
	"regexp"
	"runtime/debug"
	"strings"
	"time"
)

// Number is the release, and commit what it was built from. A build stamps
// them:
//
//	go build -ldflags "-X relay/version.Number=1.2.3 -X relay/version.commit=4f2a…" ./cmd/relay
//
// Where it does not, the Go toolchain is asked, which notes the commit, and the
// tag if it has one, when it builds in a checkout.
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

// releaseTag is a tag such as "v1.2.3", and none of the versions that Go makes
// up for commits without one.
var releaseTag = regexp.MustCompile(`^v[1-9]\d*\.\d+\.\d+$|^v0\.\d*[1-9]\d*\.\d+$`)

// Server is how the program names itself in Server header lines and
// statistics.
func Server() string { return "relay/" + Number }

// Commit is what the program was built from, with "+" behind it when files had
// been changed since; "unknown" outside a checkout.
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

// Date is when that commit was made, or else today.
func Date() time.Time {
	if at, err := time.Parse(time.RFC3339, setting("vcs.time")); err == nil {
		return at
	}
	return time.Now()
}

// setting is what the Go toolchain noted about the build.
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

// short is the beginning of a commit's hash, as git shows it, with the "+" that
// may stand behind it.
func short(revision string) string {
	hash, changed := strings.CutSuffix(revision, "+")
	hash = hash[:min(12, len(hash))]
	if changed {
		hash += "+"
	}
	return hash
}
