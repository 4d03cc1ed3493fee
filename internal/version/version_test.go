package version

import (
	"strings"
	"testing"
)

func TestServer(t *testing.T) {
	if got := Server(); got != "relay/"+Number || strings.ContainsAny(got, " \r\n") {
		t.Errorf("got %q", got)
	}
}

func TestCommit(t *testing.T) {
	defer func() { commit = "" }()
	for stamped, want := range map[string]string{
		"":                  "unknown", // tests are built without
		"4f2a":              "4f2a",
		"0123456789abcdef":  "0123456789ab",
		"0123456789abcdef+": "0123456789ab+",
	} {
		commit = stamped
		if got := Commit(); got != want {
			t.Errorf("stamped %q: %q, want %q", stamped, got, want)
		}
	}
	if Date().IsZero() {
		t.Error("no date")
	}
}
