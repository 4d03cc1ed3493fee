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

// Secret is a password, plain or as a bcrypt hash ("$2y$…"). It always prints as "***";
// only Reveal returns the text. In TOML it is a string, and "${NAME}" as the whole
// string stands for an environment variable.
type Secret string

var secretType = reflect.TypeFor[Secret]()

// hidden returns the printed form of a secret, which shows only whether one is set.
func (s Secret) hidden() string {
	if s == "" {
		return ""
	}
	return "***"
}

// String returns "***", or "" if no password is set.
func (s Secret) String() string { return s.hidden() }

// GoString hides the password from %#v.
func (s Secret) GoString() string { return fmt.Sprintf("conf.Secret(%q)", s.hidden()) }

// Format hides the password from every verb of fmt, including those that are invalid
// for strings and would print the password in an error.
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

// Reveal returns the password or hash itself.
func (s Secret) Reveal() string { return string(s) }

// Hashed reports whether the secret is a bcrypt hash.
func (s Secret) Hashed() bool { return bcryptPrefix.MatchString(string(s)) }

// Matches reports whether the given text is the password. An unset secret matches
// nothing. The time it takes reveals nothing about the password. For a bcrypt hash it
// is deliberately long.
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

// UnmarshalTOML reads a string, or the environment variable that the string refers to.
func (s *Secret) UnmarshalTOML(v any) error {
	text, ok := v.(string)
	if !ok {
		return wrongKind("a string", v)
	}
	if isVariable(text) {
		name := text[2 : len(text)-1]
		if !variableName.MatchString(name) {
			return errors.New(`"${…}" needs the name of an environment variable: letters, digits, underscores`)
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

// isVariable reports whether a text has the form "${…}".
func isVariable(text string) bool {
	return strings.HasPrefix(text, "${") && strings.HasSuffix(text, "}")
}

// newSecret refuses a text that begins like a bcrypt hash but is not one: no password
// would ever match it.
func newSecret(text string) (Secret, error) {
	s := Secret(text)
	if !s.Hashed() {
		return s, nil
	}
	if _, err := bcrypt.Cost([]byte(text)); err != nil || !bcryptHash.MatchString(text) {
		return "", errors.New(`begins like a bcrypt hash but is not a complete one; "htpasswd -nB name" makes one`)
	}
	return s, nil
}

// maxSecret is the maximum size of a password file, in bytes.
const maxSecret = 4096

// readSecret reads a password from a file, whose last line end is optional.
func readSecret(name string) (Secret, error) {
	// Check first: opening a pipe would wait for a writer.
	info, err := disk.Stat(name)
	if err != nil {
		return "", fmt.Errorf("cannot be read: %s", systemReason(err))
	}
	if !info.Mode().IsRegular() {
		return "", errors.New("cannot be read: not a regular file")
	}
	if info.Size() > maxSecret {
		return "", fmt.Errorf("is too long for a password, more than %d bytes", maxSecret)
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
