package conf

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/BurntSushi/toml"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/crypto/bcrypt"
)

// hash returns a bcrypt hash of a password, as htpasswd -nB prints it.
func hash(t testing.TB, password string) string {
	t.Helper()
	h, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Replace(string(h), "$2a$", "$2y$", 1)
}

func TestSecretMatches(t *testing.T) {
	hashed := Secret(hash(t, "hackme"))
	for _, c := range []struct {
		secret Secret
		given  string
		want   bool
	}{
		{"hackme", "hackme", true},
		{"hackme", "hackm", false},
		{"hackme", "", false},
		{"", "", false},
		{"", "hackme", false},
		{hashed, "hackme", true},
		{hashed, "hackmE", false},
		{hashed, "", false},
		{hashed, hashed.Reveal(), false},
	} {
		if got := c.secret.Matches(c.given); got != c.want {
			t.Errorf("%s and %q: got %v", c.secret.Reveal(), c.given, got)
		}
	}
}

func TestSecretIsNeverPrinted(t *testing.T) {
	const password = "hunter2"
	a := Auth{SourceUser: "dj", SourcePassword: password}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%T", "%10s", "%-3v"} {
		fmt.Fprintf(&out, verb+"\n", a.SourcePassword)
		fmt.Fprintf(&out, verb+"\n", a)
		fmt.Fprintf(&out, verb+"\n", &a)
	}
	fmt.Fprintln(&out, a.SourcePassword, fmt.Sprint(a), fmt.Errorf("wrong: %v", a.SourcePassword))
	if err := json.NewEncoder(&out).Encode(a); err != nil {
		t.Error(err)
	}
	if err := toml.NewEncoder(&out).Encode(a); err != nil {
		t.Error(err)
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("x", "password", a.SourcePassword, "auth", a)
	}
	for _, e := range []zapcore.Encoder{
		zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()),
		zapcore.NewConsoleEncoder(zap.NewDevelopmentEncoderConfig()),
	} {
		log := zap.New(zapcore.NewCore(e, zapcore.AddSync(&out), zap.DebugLevel))
		log.Info("x", zap.Any("password", a.SourcePassword), zap.Stringer("p", a.SourcePassword), zap.Any("auth", a), zap.Reflect("a", &a))
		log.Sugar().Infow("x", "password", a.SourcePassword, "auth", a)
	}
	for _, leak := range []string{password, fmt.Sprintf("%x", password), fmt.Sprintf("%X", password)} {
		if i := strings.Index(out.String(), leak); i >= 0 {
			t.Errorf("%q after %q", leak, out.String()[max(0, i-100):i])
		}
	}
	if got := fmt.Sprintf("%v %s %q %#v %v", a.SourcePassword, a.SourcePassword, a.SourcePassword, a.SourcePassword, Secret("")); got != `*** *** "***" conf.Secret("***") ` {
		t.Errorf("got %s", got)
	}
}

func TestSecretFromVariable(t *testing.T) {
	t.Setenv("RADIO_PW", "from env")
	t.Setenv("RADIO_EMPTY", "")
	c := parse(t, "[auth]\nsource_password = '${RADIO_PW}'\nadmin_password = 'a${RADIO_PW}'")
	if got := c.Auth.SourcePassword.Reveal(); got != "from env" {
		t.Errorf("got %q", got)
	}
	if got := c.Auth.AdminPassword.Reveal(); got != "a${RADIO_PW}" {
		t.Errorf("a password with a variable inside: got %q", got)
	}
	refusals{
		{"[auth]\nsource_password = '${RADIO_NOT}'", `relay.toml:2: auth.source_password = "${RADIO_NOT}": the environment variable RADIO_NOT is not set`},
		{"[auth]\nsource_password = '${RADIO_EMPTY}'", `relay.toml:2: auth.source_password = "${RADIO_EMPTY}": the environment variable RADIO_EMPTY is empty`},
		{"[auth]\nsource_password = '${}'", `relay.toml:2: auth.source_password = "${}": "${…}" needs the name of an environment variable: letters, digits, underscores`},
	}.check(t)
}

func TestSecretFromFile(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		name = filepath.Join(dir, name)
		write(t, name, text)
		return name
	}
	for text, want := range map[string]string{
		"pw": "pw", "pw\n": "pw", "pw\r\n": "pw", "pw\n\n": "pw\n", " p w \n": " p w ", "${HOME}\n": "${HOME}",
	} {
		c := parse(t, fmt.Sprintf("[[mount]]\nname = '/a'\nsource_password = ''\nsource_password_file = %q", file("pw", text)))
		if got := c.Mount("/a").SourcePassword.Reveal(); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if c := parse(t, "[auth]\nadmin_password_file = ''\nadmin_password = 'x'"); c.Auth.AdminPassword != "x" {
		t.Error("an empty file name hides the password")
	}

	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		filepath.Join(dir, "none"): "cannot be read: no such file or directory",
		dir:                        "cannot be read: not a regular file",
		pipe:                       "cannot be read: not a regular file",
		file("empty", "\n"):        "the file is empty",
		file("huge", strings.Repeat("x", maxSecret+1)): "is too long for a password, more than 4096 bytes",
		file("broken", "$2y$05$abc\n"):                 brokenHash,
	} {
		// A long path would be shortened in the error.
		short, err := filepath.Rel(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Parse(filepath.Join(dir, "relay.toml"), fmt.Appendf(nil, "[auth]\nadmin_password_file = %q", short))
		full := fmt.Sprintf("%s:2: auth.admin_password_file = %q: %s", filepath.Join(dir, "relay.toml"), short, want)
		if err == nil || err.Error() != full {
			t.Errorf("got  %v\nwant %s", err, full)
		}
	}
	refusals{
		{"[auth]\nadmin_password = 'x'\nadmin_password_file = 'y'", `relay.toml:3: auth.admin_password_file = "y": admin_password is given too: keep one of the two`},
	}.check(t)
}

const brokenHash = `begins like a bcrypt hash but is not a complete one; "htpasswd -nB name" makes one`

func TestSecretAsHash(t *testing.T) {
	h := hash(t, "hackme")
	c := parse(t, "[auth]\nadmin_password = '"+h+"'")
	if !c.Auth.AdminPassword.Hashed() || !c.Auth.AdminPassword.Matches("hackme") {
		t.Error("the hash of the password does not match it")
	}
	refusals{
		{"[auth]\nadmin_password = '" + h[:40] + "'", "relay.toml:2: auth.admin_password = ***: " + brokenHash},
		{"[auth]\nadmin_password = '" + h + "\\n'", "relay.toml:2: auth.admin_password = ***: " + brokenHash},
		{"[auth]\nadmin_password = '$2y$99" + h[6:] + "'", "relay.toml:2: auth.admin_password = ***: " + brokenHash},
	}.check(t)
}
