package auth

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"relay/conf"
)

// A browser asks its user for a password only if one could help.
func TestNoPasswordIsAskedForWhereNoneHelps(t *testing.T) {
	members := filepath.Join(t.TempDir(), "members")
	if err := os.WriteFile(members, []byte("alice:10cf1fdf6ad958eeffa9853f6885cec9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := conf.Parse("relay.toml", []byte(strings.Replace(`
[auth]
source_password = "hackme"
admin_password = "adminpass"
[[mount]]
name = "/tokens"
listener_auth.token_secret = "sixteen or more of them"
[[mount]]
name = "/members"
listener_auth.htpasswd_file = "MEMBERS"
[[mount]]
name = "/either"
listener_auth.htpasswd_file = "MEMBERS"
listener_auth.token_secret = "sixteen or more of them"
`, "MEMBERS", members, 2)))
	if err != nil {
		t.Fatal(err)
	}
	g := unhurried(NewGate(conf.NewLive(c), zap.NewNop()))
	open := unhurried(NewGate(conf.NewLive(&conf.Config{}), zap.NewNop())) // nobody has a password
	listens := func(mount, query, user, password string) error {
		req := get(mount+query, user, password)
		_, err := g.Listener(t.Context(), req, mount, 1)
		return err
	}
	for name, tt := range map[string]struct {
		err  error
		asks bool
	}{
		"no token":                             {listens("/tokens", "", "", ""), false},
		"a bad token":                          {listens("/tokens", "?token=x", "", ""), false},
		"a token that has expired":             {listens("/tokens", "?token=1."+strings.Repeat("0", 64), "", ""), false},
		"a login where tokens alone are taken": {listens("/tokens", "", "alice", "secret"), false},
		"no login":                             {listens("/members", "", "", ""), true},
		"a wrong login":                        {listens("/members", "", "alice", "wrong"), true},
		"a token or a login":                   {listens("/either", "", "", ""), true},
		"a source":                             {g.Source(get("/live", "", ""), "/live"), true},
		"a source with a wrong password":       {g.Source(get("/live", "source", "x"), "/live"), true},
		"an operator":                          {g.Admin(get("/", "", "")), true},
		"another server, none configured":      {g.Relay(get("/", "", "")), false},
		"another server, none configured, some password": {g.Relay(get("/", "relay", "x")), false},
		"a source, none configured":                      {open.Source(get("/live", "", ""), "/live"), false},
		"an operator, none configured":                   {open.Admin(get("/", "admin", "x")), false},
	} {
		var refusal *Refusal
		if !errors.As(tt.err, &refusal) || refusal.Status() != http.StatusUnauthorized {
			t.Errorf("%s: %v", name, tt.err)
			continue
		}
		answer := string(refusal.Answer(time.Now()))
		if asks := strings.Contains(answer, "\r\nWWW-Authenticate: "); asks != tt.asks || !strings.HasPrefix(answer, "HTTP/1.0 401 ") {
			t.Errorf("%s: %q", name, answer)
		}
	}
	hooked, _ := asked(t)
	if refusal := hooked.Source(get("/url.mp3", "", ""), "/url.mp3").(*Refusal); refusal.NoPassword {
		t.Error("a hook may take a password that is not configured")
	}
}
