package auth

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"golang.org/x/crypto/bcrypt"

	"relay/conf"
	"relay/internal/turns"
)

// hashed returns a configuration in which every password is the given one, hashed. So is
// that of the listener "member".
func hashed(t testing.TB, password string) *conf.Config {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	members := filepath.Join(t.TempDir(), "members")
	if err := os.WriteFile(members, fmt.Appendf(nil, "member:%s\n", hash), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := conf.Parse("relay.toml", []byte(strings.ReplaceAll(`
[auth]
source_password = "HASH"
admin_password = "HASH"
relay_password = "HASH"
api_tokens = ["HASH"]
[[mount]]
name = "/members"
listener_auth.htpasswd_file = "`+members+`"
`, "HASH", string(hash))))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// opens returns the user whose login opens a way in.
func opens(way string) string {
	switch way {
	case "admin", "relay":
		return way
	case "listener":
		return "member"
	case "token":
		return ""
	}
	return "source"
}

// occupy takes all turns to hash a password, in the bubble of a synctest.
func occupy(g *Gate) (release func()) {
	over := make(chan struct{})
	var taken sync.WaitGroup
	for i := range turns.HalfOfProcessors() {
		taken.Go(func() {
			g.hashing.Match(context.Background(), netip.Addr{}, fmt.Sprint("occupied ", i), func() bool { <-over; return true })
		})
	}
	synctest.Wait()
	return func() { close(over); taken.Wait() }
}

// A wrong login that is repeated takes no turns. When the configured password changes, the
// login is checked again at once.
func TestARepeatedWrongLoginIsNotHashed(t *testing.T) {
	for way, try := range waysIn {
		t.Run(way, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				live := conf.NewLive(hashed(t, "old"))
				g := NewGate(live, zap.NewNop())
				user := opens(way)
				checkRefused(t, try(g, user, "old"), "")
				if try(g, user, "new") == nil {
					t.Fatal("the wrong password is let in")
				}
				release := occupy(g)
				began := time.Now()
				for range 100 {
					if try(g, user, "new") == nil {
						t.Fatal("the wrong password is let in")
					}
				}
				if waited := time.Since(began); waited != 0 {
					t.Errorf("100 times the same wrong login waited %v for a turn", waited)
				}
				release()
				live.Replace(hashed(t, "new"))
				checkRefused(t, try(g, user, "new"), "")
			})
		})
	}
}

// A hook is asked each time, since it may have changed its mind.
func TestAHookIsAskedAboutARepeatedLogin(t *testing.T) {
	g, questions := asked(t)
	for range 3 {
		checkRefused(t, g.Source(get("/url.mp3", "dj", "x"), "/url.mp3"), "refuses")
	}
	if n := strings.Count(questions(), "dj x"); n != 3 {
		t.Errorf("asked %d times", n)
	}
}
