package auth_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"
	"golang.org/x/crypto/bcrypt"

	"relay/auth"
	"relay/conf"
)

// login returns a request with a login; with user "-" it has none.
func login(t testing.TB, user, password string) *http.Request {
	t.Helper()
	req, err := http.NewRequest("PUT", "/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	if user != "-" {
		req.SetBasicAuth(user, password)
	}
	return req
}

func TestGate(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("hashed"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	c, err := conf.Parse("relay.toml", []byte(`
[auth]
source_password = "hackme"
admin_password = "`+string(hash)+`"
[[mount]]
name = "/own"
source_user = "dj"
source_password = "own"
[[mount]]
name = "/password"
source_password = "only"
`))
	if err != nil {
		t.Fatal(err)
	}
	gate := auth.NewGate(conf.NewLive(c), zap.NewNop())
	source := func(mount string) func(*http.Request) error {
		return func(r *http.Request) error { return gate.Source(r, mount) }
	}
	mountAdmin := func(mount string) func(*http.Request) error {
		return func(r *http.Request) error { return gate.MountAdmin(r, mount) }
	}
	tests := []struct {
		name, user, password string
		check                func(*http.Request) error
		refused              string // "": let in
	}{
		{"source", "source", "hackme", source("/live"), ""},
		{"wrong password", "source", "x", source("/live"), "wrong password"},
		{"empty password", "source", "", source("/live"), "wrong password"},
		{"wrong user, right password", "dj", "hackme", source("/live"), `the password is right, but the user name must be "source"`},
		{"wrong user", "dj", "x", source("/live"), `the user name must be "source", not "dj"`},
		{"empty user", "", "hackme", source("/live"), `must be "source", not ""`},
		{"no login", "-", "", source("/live"), "no login"},
		{"the mount's own", "dj", "own", source("/own"), ""},
		{"the server's on a mount with its own", "source", "hackme", source("/own"), `must be "dj"`},
		{"the mount's own elsewhere", "dj", "own", source("/live"), `must be "source"`},
		{"own password, common user", "source", "only", source("/password"), ""},
		{"the admin is no source", "admin", "hashed", source("/live"), `must be "source"`},
		{"admin by hash", "admin", "hashed", gate.Admin, ""},
		{"the hash is no password", "admin", string(hash), gate.Admin, "wrong password"},
		{"a source is no admin", "source", "hackme", gate.Admin, `must be "admin"`},
		{"admin for a mount", "admin", "hashed", mountAdmin("/own"), ""},
		{"its source for a mount", "dj", "own", mountAdmin("/own"), ""},
		{"another source for a mount", "source", "hackme", mountAdmin("/own"), `must be "dj"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.check(login(t, tt.user, tt.password))
			if tt.refused == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			var refusal *auth.Refusal
			if !errors.As(err, &refusal) || !strings.Contains(refusal.Reason, tt.refused) {
				t.Errorf("got %v, want %q", err, tt.refused)
			}
			if refusal != nil && refusal.Missing != (tt.user == "-") {
				t.Errorf("Missing is %v", refusal.Missing)
			}
		})
	}
}

// Without a configured password every login is refused.
func TestNoPasswordIsNoEntrance(t *testing.T) {
	gate := auth.NewGate(conf.NewLive(conf.Default()), zap.NewNop())
	for _, password := range []string{"", "x"} {
		if gate.Source(login(t, "source", password), "/live") == nil || gate.Admin(login(t, "admin", password)) == nil {
			t.Errorf("password %q opens a server without one", password)
		}
	}
}

// A mount may have several sources, each with a password of any kind. No other login opens
// it, and theirs open no other mount.
func TestSeveralSources(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("of the hash"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("of the file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DJ_PASSWORD", "of the environment")
	c, err := conf.Parse("relay.toml", []byte(`
auth.source_password = "hackme"
[[mount]]
name = "/many"
[[mount.source]]
user = "plain"
password = "of the text"
[[mount.source]]
user = "hashed"
password = "`+string(hash)+`"
[[mount.source]]
user = "filed"
password_file = "`+file+`"
[[mount.source]]
user = "named"
password = "${DJ_PASSWORD}"
`))
	if err != nil {
		t.Fatal(err)
	}
	passwords := map[string]string{
		"plain": "of the text", "hashed": "of the hash", "filed": "of the file", "named": "of the environment", "source": "hackme",
	}
	for user := range passwords {
		for of, password := range passwords {
			gate := auth.NewGate(conf.NewLive(c), zap.NewNop())
			right := user == of && user != "source"
			if err := gate.Source(login(t, user, password), "/many"); (err == nil) != right {
				t.Errorf("%s with the password of %s: %v", user, of, err)
			}
			right = user == of && user == "source"
			if err := gate.Source(login(t, user, password), "/other"); (err == nil) != right {
				t.Errorf("%s with the password of %s elsewhere: %v", user, of, err)
			}
		}
	}
}
