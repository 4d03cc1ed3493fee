package conf

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"strings"

	"golang.org/x/crypto/bcrypt"

	"relay/internal/disk"
)

// Secret is a password, plain or as a bcrypt hash ("$2y$…"). Whatever prints
// it, prints "***"; Reveal is the only way to the text. In TOML it is a string,
// and "${NAME}" as the whole string stands for an environment variable.
type Secret string

var secretType = reflect.TypeFor[Secret]()

// hidden is what is seen of a secret, so that it shows whether one is set.
func (s Secret) hidden() string {
	if s == "" {
		return ""
	}
	return "***"
}

// String is "***", or empty if no password is set.
func (s Secret) String() string { return s.hidden() }

// GoString hides the password from %#v.
func (s Secret) GoString() string { return fmt.Sprintf("conf.Secret(%q)", s.hidden()) }

// Format hides the password from every verb of fmt, also those that a string
// has no use for and that would print it as an error.
func (s Secret) Format(f fmt.State, verb rune) {
	switch {
	case verb == 'v' && f.Flag('#'):
		io.WriteString(f, s.GoString())
	case verb == 'q':
		fmt.Fprintf(f, "%q", s.hidden())
	default:
		io.WriteString(f, s.hidden())
	}
}

// MarshalText hides the password from JSON, TOML, XML and the logs.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.hidden()), nil }

// Reveal is the password or hash itself, for a place that must have it.
func (s Secret) Reveal() string { return string(s) }

// Hashed tells whether the secret is a bcrypt hash.
func (s Secret) Hashed() bool { return bcryptPrefix.MatchString(string(s)) }

// Matches tells whether the given text is the password. An unset secret
// matches nothing. The time it takes tells nothing about the password; for a
// bcrypt hash it is long, as it is meant to be.
func (s Secret) Matches(given string) bool {
	if s == "" {
		return false
	}
	if s.Hashed() {
		return bcrypt.CompareHashAndPassword([]byte(s), []byte(given)) == nil
	}
	want, got := sha256.Sum256([]byte(s)), sha256.Sum256([]byte(given))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

// UnmarshalTOML reads the string of a TOML value, or the environment variable
// that it names.
func (s *Secret) UnmarshalTOML(v any) error {
	text, ok := v.(string)
	if !ok {
		return wrongKind("a string", v)
	}
	if isVariable(text) {
		name := text[2 : len(text)-1]
		if !variableName.MatchString(name) {
			return errors.New(`"${…}" wants the name of an environment variable: letters, digits, underscores`)
		}
		value, ok := os.LookupEnv(name)
		if !ok {
			return fmt.Errorf("the environment variable %s is not set", name)
		}
		if value == "" {
			return fmt.Errorf("the environment variable %s is empty", name)
		}
		text = value
	}
	secret, err := newSecret(text)
	if err != nil {
		return err
	}
	*s = secret
	return nil
}

var (
	bcryptPrefix = regexp.MustCompile(`^\$2[abxy]?\$`)
	bcryptHash   = regexp.MustCompile(`^\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}$`)
	variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// isVariable tells whether a text has the form "${…}".
func isVariable(text string) bool {
	return strings.HasPrefix(text, "${") && strings.HasSuffix(text, "}")
}

// newSecret refuses what begins as a bcrypt hash and is none, which no
// password would ever match.
func newSecret(text string) (Secret, error) {
	s := Secret(text)
	if !s.Hashed() {
		return s, nil
	}
	if _, err := bcrypt.Cost([]byte(text)); err != nil || !bcryptHash.MatchString(text) {
		return "", errors.New(`begins as a bcrypt hash but is not a whole one; "htpasswd -nB name" makes one`)
	}
	return s, nil
}

// longestSecret is what a file with a password may hold, in bytes.
const longestSecret = 4096

// readSecret reads a password from a file that may end with a line end.
func readSecret(name string) (Secret, error) {
	// Ask first: opening a pipe would wait for somebody to write to it.
	info, err := disk.Stat(name)
	if err != nil {
		return "", fmt.Errorf("cannot be read: %s", systemReason(err))
	}
	if !info.Mode().IsRegular() {
		return "", errors.New("cannot be read: not a regular file")
	}
	if info.Size() > longestSecret {
		return "", fmt.Errorf("is too long for a password, more than %d bytes", longestSecret)
	}
	text, err := disk.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("cannot be read: %s", systemReason(err))
	}
	line := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	if line == "" {
		return "", errors.New("the file is empty")
	}
	return newSecret(line)
}
