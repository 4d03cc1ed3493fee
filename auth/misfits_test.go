package auth

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/bcrypt"

	"relay/conf"
)

// hashed is a configuration in which every password is one, hashed, and that of
// the listener "member" too.
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

// opens is the user whose login opens a way in.
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

// occupy takes all turns to hash a password.
func (h *hashing) occupy() (release func()) {
	var taken []func()
	for range h.atOnce {
		taken = append(taken, h.turns.Take(context.Background(), nil))
	}
	return func() {
		for _, done := range taken {
			done()
		}
	}
}

// A wrong login that is repeated takes no turn from anybody, until the password
// changes: then it counts at once whether it is the right one.
func TestARepeatedWrongLoginIsNotHashed(t *testing.T) {
	for way, try := range waysIn {
		t.Run(way, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				live := conf.NewLive(hashed(t, "old"))
				g := NewGate(live)
				user := opens(way)
				checkRefused(t, try(g, user, "old"), "")
				if try(g, user, "new") == nil {
					t.Fatal("the wrong password is let in")
				}
				release := g.hashing.occupy()
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

// A web server that decides is asked each time: it may have changed its mind.
func TestAHookIsAskedAboutARepeatedLogin(t *testing.T) {
	g, questions := asked(t)
	for range 3 {
		checkRefused(t, g.Source(get("/url.mp3", "dj", "x"), "/url.mp3"), "refuses")
	}
	if n := strings.Count(questions(), "dj x"); n != 3 {
		t.Errorf("asked %d times", n)
	}
}

// Others of the same address can crowd out what was remembered, and those of
// another one cannot.
func TestMisfitsOfAnAddressAreItsOwn(t *testing.T) {
	th, _, _ := slowed(t)
	th.misfit(guesserIP, "repeated")
	for i := range mostMisfits {
		th.misfit(otherIP, fmt.Sprint(i))
		th.misfit(otherIP, fmt.Sprint(i))
	}
	if !th.isMisfit(guesserIP, "repeated") || th.isMisfit(otherIP, "repeated") {
		t.Error("addresses share what they remember")
	}
	if n := len(th.of(household(otherIP)).misfits); n != mostMisfits || !th.isMisfit(otherIP, "0") {
		t.Errorf("%d are remembered", n)
	}
	th.misfit(otherIP, "one more")
	if n := len(th.of(household(otherIP)).misfits); n != mostMisfits || th.isMisfit(otherIP, "0") {
		t.Errorf("%d are remembered after one more", n)
	}
}
