package auth

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"golang.org/x/crypto/bcrypt"

	"relay/auth/throttle"
	"relay/conf"
)

const typedConf = `
[auth]
source_password = "hackme"
admin_password = "adminpass"
[[mount]]
name = "/live"
[[mount.source]]
user = "dj1"
password = "one"
[[mount.source]]
user = "dj2"
password = "HASH"
[[mount]]
name = "/odd"
source_password = "dj1:one"
`

// A login typed into the password field is accepted, and opens what it opens otherwise.
func TestTypedLogins(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("two"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	c, err := conf.Parse("relay.toml", []byte(strings.Replace(typedConf, "HASH", string(hash), 1)))
	if err != nil {
		t.Fatal(err)
	}
	g := unhurried(NewGate(conf.NewLive(c), zap.NewNop()))
	for _, tt := range []struct{ mount, user, password, source, program string }{ // whose login it is, or nothing
		{"/live", "source", "dj1:one", "dj1", "dj1"},
		{"/live", "source", "dj1,one", "dj1", "dj1"},
		{"/live", "", "dj1:one", "dj1", "dj1"},
		{"/live", "Source", "dj2:two", "dj2", "dj2"},
		{"/live", "source", "dj2,two", "dj2", "dj2"},
		{"/live", "dj1", "one", "dj1", "dj1"},
		{"/live", "source", "dj1:two", "", ""},
		{"/live", "source", "dj1", "", ""},
		{"/live", "source", "one", "", ""},
		{"/live", "source", "dj1:", "", ""},
		{"/live", "source", ":one", "", ""},
		{"/live", "dj2", "dj1:one", "", ""}, // a name was typed as well
		{"/live", "admin", "dj1:one", "", ""},
		{"/live", "source", "source:hackme", "", ""}, // the mount has logins of its own
		{"/live", "source", "admin:adminpass", "", "admin"},
		{"/other", "source", "source:hackme", "source", "source"},
		{"/other", "source", "hackme", "source", "source"},
		{"/other", "source", "dj1:one", "", ""},
		{"/odd", "source", "dj1:one", "source", "source"}, // it is the password
	} {
		for who, want := range map[string]string{"source": tt.source, "program": tt.program} {
			check := g.Source
			if who == "program" {
				check = g.Program
			}
			req := get("/", tt.user, tt.password)
			req.SetBasicAuth(tt.user, tt.password) // with an empty name too
			err := check(req, tt.mount)
			user, password, _ := req.BasicAuth()
			var refusal *Refusal
			switch {
			case want == "" && !errors.As(err, &refusal):
				t.Errorf("%s of %s with %q, %q is let in", who, tt.mount, tt.user, tt.password)
			case want == "" && (user != tt.user || password != tt.password):
				t.Errorf("%s of %s: a refused login becomes %q, %q", who, tt.mount, user, password)
			case want != "" && (err != nil || user != want):
				t.Errorf("%s of %s with %q, %q: %v, as %q; want %q", who, tt.mount, tt.user, tt.password, err, user, want)
			}
		}
		if req := get("/", "source", tt.password); g.Admin(req) == nil {
			t.Errorf("%q opens the operator's pages", tt.password)
		}
	}
}

// A login is one guess, in whatever way it can be read: as many are free as of others.
func TestTypedLoginsAreOneGuess(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("two"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	c, err := conf.Parse("relay.toml", []byte(strings.Replace(typedConf, "HASH", string(hash), 1)))
	if err != nil {
		t.Fatal(err)
	}
	cost := func(password string) time.Duration {
		g := NewGate(conf.NewLive(c), zap.NewNop())
		clock := clocked(g.throttle)
		begun := clock.at
		for n := range 3 * throttle.FreeGuesses {
			var refusal *Refusal
			if err := g.Source(get("/", "source", fmt.Sprintf(password, n)), "/live"); !errors.As(err, &refusal) {
				t.Fatalf("%v", err)
			}
			clock.pass(refusal.RetryAfter)
		}
		return clock.at.Sub(begun)
	}
	plain := cost("guess%d")
	for _, password := range []string{"dj1:guess%d", "dj2,guess%d", "a,b:guess%d"} {
		if got := cost(password); got != plain || plain == 0 {
			t.Errorf("guesses as %q take %v, and %v without a name", password, got, plain)
		}
	}
}

// A hook is asked first about the login that the DJ meant, and then only about the login
// as written.
func TestHookIsAskedAboutTypedLogins(t *testing.T) {
	for password, want := range map[string]string{
		"dj:secret": "/url.mp3 dj secret 127.0.0.1",
		"dj,secret": "/url.mp3 dj secret 127.0.0.1",
		"dj:wrong":  "/url.mp3 dj wrong 127.0.0.1, /url.mp3 source dj:wrong 127.0.0.1",
		"plain":     "/url.mp3 source plain 127.0.0.1",
	} {
		g, questions := asked(t)
		req := get("/url.mp3", "source", password)
		err := g.Source(req, "/url.mp3")
		if got := questions(); got != want {
			t.Errorf("%q: asked %q, want %q", password, got, want)
		}
		if user, _, _ := req.BasicAuth(); strings.HasSuffix(password, "secret") != (err == nil && user == "dj") {
			t.Errorf("%q: %v, as %q", password, err, user)
		}
	}
}
