package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relay/auth/throttle"
	"relay/conf"
	"relay/icy"
)

// guarding returns a gate with every kind of login, its clock and its log.
func guarding(t testing.TB) (*Gate, *clock, *observer.ObservedLogs) {
	t.Helper()
	members := filepath.Join(t.TempDir(), "members")
	if err := os.WriteFile(members, []byte(someMembers), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := conf.Parse("relay.toml", []byte(`
[auth]
source_password = "hackme"
admin_password = "adminpass"
relay_password = "relaypass"
[[mount]]
name = "/members"
listener_auth.htpasswd_file = "`+members+`"
`))
	if err != nil {
		t.Fatal(err)
	}
	core, log := observer.New(zap.DebugLevel)
	g := NewGate(conf.NewLive(c), zap.New(core))
	return g, clocked(g.throttle), log
}

// waysIn are all ways to log in.
var waysIn = map[string]func(g *Gate, user, password string) error{
	"source": func(g *Gate, user, password string) error { return g.Source(get("/live", user, password), "/live") },
	"admin":  func(g *Gate, user, password string) error { return g.Admin(get("/", user, password)) },
	"mount admin": func(g *Gate, user, password string) error {
		return g.MountAdmin(get("/", user, password), "/live")
	},
	"relay":    func(g *Gate, user, password string) error { return g.Relay(get("/", user, password)) },
	"listener": listen,
	"password line": func(g *Gate, user, password string) error {
		_, _, err := g.PasswordLine(context.Background(), netip.MustParseAddr("127.0.0.1"), user+":"+password, "/live")
		return err
	},
	"admin password line": func(g *Gate, user, password string) error {
		_, _, err := g.AdminPasswordLine(get("/", "", ""), user+":"+password, "/live")
		return err
	},
	"token": func(g *Gate, user, password string) error {
		req := get("/", "", "")
		req.Header.Set("Authorization", "Bearer "+user+password)
		return g.Token(req)
	},
}

// Wrong guesses at any way in slow down every way in.
func TestEveryWayInIsThrottled(t *testing.T) {
	for name, try := range waysIn {
		t.Run(name, func(t *testing.T) {
			g, _, log := guarding(t)
			for i := range throttle.FreeGuesses + 4 { // the first two waits are held
				err := try(g, "wrong", fmt.Sprint(i))
				var refusal *Refusal
				if !errors.As(err, &refusal) || (refusal.RetryAfter > 0) != (i > throttle.FreeGuesses+2) {
					t.Fatalf("guess %d: %v", i, err)
				}
			}
			if n := log.FilterMessage("wrong logins are slowed down").Len(); n != 1 {
				t.Errorf("%d lines say that the address is slowed down", n)
			}
			for other, try := range waysIn {
				var refusal *Refusal
				if err := try(g, "other", "guess"); !errors.As(err, &refusal) || refusal.Status() != http.StatusTooManyRequests || refusal.Header().Get("Retry-After") != "4" {
					t.Errorf("%s after that: %v", other, err)
				}
			}
		})
	}
}

// libshout and browsers ask without a login first. That is no guess.
func TestAskingWithoutALoginIsNoGuess(t *testing.T) {
	g, _, _ := guarding(t)
	for range 100 {
		for _, err := range []error{
			g.Source(get("/live", "", ""), "/live"), g.Admin(get("/", "", "")),
			g.MountAdmin(get("/", "", ""), "/live"), g.Relay(get("/", "", "")), listen(g, "", ""),
		} {
			var refusal *Refusal
			if !errors.As(err, &refusal) || !refusal.Missing || refusal.Status() != http.StatusUnauthorized {
				t.Fatalf("%v", err)
			}
		}
		if _, _, err := g.PasswordLine(context.Background(), netip.MustParseAddr("127.0.0.1"), icy.ShoutcastProbe, "/live"); err == nil {
			t.Fatal("libshout's probe is let in")
		}
	}
	if err := g.Source(get("/live", "source", "hackme"), "/live"); err != nil {
		t.Errorf("the source after that: %v", err)
	}
}

// A password that is right for another name is a guess like any other. A client that then
// guesses the right login has to wait too.
func TestARightGuessHasToWaitToo(t *testing.T) {
	g, at, _ := guarding(t)
	for i := range throttle.FreeGuesses + 3 {
		g.Source(get("/live", fmt.Sprint("user", i), "hackme"), "/live")
	}
	var refusal *Refusal
	if err := g.Source(get("/live", "source", "hackme"), "/live"); !errors.As(err, &refusal) || refusal.RetryAfter != 4*time.Second {
		t.Fatalf("%v", err)
	}
	at.pass(refusal.RetryAfter)
	if err := g.Source(get("/live", "source", "hackme"), "/live"); err != nil {
		t.Errorf("after %v: %v", refusal.RetryAfter, err)
	}
}
