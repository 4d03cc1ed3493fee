package conf

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// TestMain hides the password variables of the user's environment from the tests.
func TestMain(m *testing.M) {
	os.Unsetenv(SourcePasswordVariable)
	os.Unsetenv(AdminPasswordVariable)
	m.Run()
}

// parse reads a text that must be valid.
func parse(t testing.TB, text string) *Config {
	t.Helper()
	c, err := Parse("relay.toml", []byte(text))
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	return c
}

// problems returns the lines of the error of a text, none if it is valid.
func problems(t testing.TB, text string) []string {
	t.Helper()
	c, err := Parse("relay.toml", []byte(text))
	if err == nil {
		return nil
	}
	if c != nil {
		t.Errorf("a configuration beside the error %v", err)
	}
	return strings.Split(err.Error(), "\n")
}

// refusals are invalid texts, each with its only error.
type refusals []struct{ text, want string }

func (all refusals) check(t *testing.T) {
	t.Helper()
	for _, r := range all {
		got := strings.Join(problems(t, r.text), "\n")
		if got != r.want {
			t.Errorf("%s\n got %s\nwant %s", r.text, got, r.want)
		}
	}
}

// each calls do for the *Error values in err.
func each(t testing.TB, err error, do func(*Error)) {
	t.Helper()
	var one *Error
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			each(t, err, do)
		}
	} else if errors.As(err, &one) {
		do(one)
	} else if err != nil {
		t.Errorf("%T is not an *Error: %v", err, err)
	}
}
