package auth

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"

	"go.uber.org/zap"
	"golang.org/x/crypto/bcrypt"

	"relay/auth/throttle"
	"relay/conf"
)

// A login that got no turn to be hashed may be right: it is no guess, and its sender is
// told to come again.
func TestALoginWithoutATurnIsNotRefusedForGood(t *testing.T) {
	for way, try := range waysIn {
		t.Run(way, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewGate(conf.NewLive(hashed(t, "right")), zap.NewNop())
				user := opens(way)
				release := occupy(g)
				for i := range 2 * throttle.FreeGuesses { // if they were guesses, the last would be told to wait
					checkBusy(t, try(g, user, fmt.Sprint("right", i)))
				}
				release()
				checkRefused(t, try(g, user, "right"), "")
			})
		})
	}
}

func checkBusy(t testing.TB, err error) {
	t.Helper()
	var refusal *Refusal
	if !errors.As(err, &refusal) || !refusal.Busy || refusal.Quiet() || !strings.HasPrefix(refusal.Reason, "too many logins at once to check ") ||
		refusal.Status() != http.StatusServiceUnavailable || refusal.Header().Get("Retry-After") != "5" {
		t.Errorf("%+v", err)
	}
}

// If only some passwords are hashed, a client that gets no turn cannot try the others
// meanwhile, as guesses that nobody counts.
func TestWithoutATurnNothingIsCompared(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("hashed"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	c, err := conf.Parse("relay.toml", []byte(`
[auth]
source_password = "plain"
admin_password = "`+string(hash)+`"
[[mount]]
name = "/mixed"
[[mount.source]]
user = "one"
password = "plain"
[[mount.source]]
user = "two"
password = "`+string(hash)+`"
`))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(conf.NewLive(c), zap.NewNop())
		release := occupy(g)
		defer release()
		for _, password := range []string{"plain", "wrong"} {
			checkBusy(t, g.Source(get("/mixed", "one", password), "/mixed"))
			checkBusy(t, g.MountAdmin(get("/live", "source", password), "/live"))
			_, _, err := g.PasswordLine(t.Context(), netip.MustParseAddr("127.0.0.1"), password, "/mixed")
			checkBusy(t, err)
			_, _, err = g.AdminPasswordLine(get("/admin.cgi", "", ""), password, "/live")
			checkBusy(t, err)
		}
		checkRefused(t, g.Source(get("/live", "source", "plain"), "/live"), "")
	})
}
