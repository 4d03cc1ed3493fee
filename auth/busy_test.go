package auth

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"golang.org/x/crypto/bcrypt"

	"relay/conf"
)

// A login that had no turn to be hashed may be right: it is no guess, and who
// sent it is to come again.
func TestALoginWithoutATurnIsNotRefusedForGood(t *testing.T) {
	for way, try := range waysIn {
		t.Run(way, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewGate(conf.NewLive(hashed(t, "right")))
				user := opens(way)
				release := g.hashing.occupy()
				for range freeGuesses + 2 {
					checkBusy(t, try(g, user, "right"))
				}
				if th := g.throttle; th.of(household("127.0.0.1")).guesses != 0 {
					t.Error("it is a guess")
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
	if !errors.As(err, &refusal) || !refusal.Busy || refusal.Quiet() ||
		refusal.Status() != http.StatusServiceUnavailable || refusal.Header().Get("Retry-After") != "5" {
		t.Errorf("%+v", err)
	}
}

// Where only some passwords are hashed, who gets no turn cannot try the others
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
		g := NewGate(conf.NewLive(c))
		release := g.hashing.occupy()
		defer release()
		for _, password := range []string{"plain", "wrong"} {
			checkBusy(t, g.Source(get("/mixed", "one", password), "/mixed"))
			checkBusy(t, g.MountAdmin(get("/live", "source", password), "/live"))
			_, _, err := g.PasswordLine(t.Context(), "127.0.0.1", password, "/mixed")
			checkBusy(t, err)
			_, _, err = g.AdminPasswordLine(get("/admin.cgi", "", ""), password, "/live")
			checkBusy(t, err)
		}
		checkRefused(t, g.Source(get("/live", "source", "plain"), "/live"), "")
	})
}
