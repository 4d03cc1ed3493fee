package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"relay/conf"
)

// someMembers is an htpasswd file in which the password of every user is "wonder".
const someMembers = "sha:{SHA}w3QkzGJswDXW5OKZHAJw0FELjfM=\nicecast:10cf1fdf6ad958eeffa9853f6885cec9\n"

// members returns a file of listeners in a new folder, and a gate whose mount
// /members has it.
func members(t testing.TB, text string) (path string, g *Gate) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "members")
	if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	c, err := conf.Parse("relay.toml", []byte("[[mount]]\nname = '/members'\nlistener_auth.htpasswd_file = '"+path+"'\n"))
	if err != nil {
		t.Fatal(err)
	}
	return path, unhurried(NewGate(conf.NewLive(c), zap.NewNop()))
}

// listen returns what Gate.Listener says of a login for /members.
func listen(g *Gate, user, password string) error {
	visit, err := g.Listener(context.Background(), get("/members", user, password), "/members", 1)
	if err == nil {
		visit.Left(time.Second)
		if visit.User != user || visit.TimeLimit != 0 {
			return fmt.Errorf("let in as %q for %v", visit.User, visit.TimeLimit)
		}
	}
	return err
}

func TestListenersOfAnHtpasswdFile(t *testing.T) {
	path, g := members(t, someMembers)
	for _, user := range g.Htpasswd("/members").Users() {
		checkRefused(t, listen(g, user, "wonder"), "")
		checkRefused(t, listen(g, user, "Wonder"), fmt.Sprintf("wrong password for user %q", user))
	}
	checkRefused(t, listen(g, "nobody", "wonder"), `there is no user "nobody" in `+path)
	if err := listen(g, "", ""); err != errNoLogin {
		t.Errorf("without a login: %v", err)
	}
	query := get("/members?user=icecast&pass=wonder", "", "")
	if _, err := g.Listener(t.Context(), query, "/members", 1); err != errNoLogin {
		t.Errorf("login in the query: %v", err) // e2e/recorded/listener-auth-query.txt
	}
	if g.Htpasswd("/open") != nil {
		t.Error("a mount without a file has one")
	}
	if visit, err := g.Listener(t.Context(), get("/open", "", ""), "/open", 1); err != nil || visit.User != "" {
		t.Errorf("a mount for everybody: %+v, %v", visit, err)
	}
}

// Only a wrong login is a guess. A file that cannot be read says nothing about the
// password.
func TestRefusalsOfAnHtpasswdFile(t *testing.T) {
	path, g := members(t, someMembers)
	guesses := map[string]bool{"wonder ": true, strings.Repeat("x", 1000): false}
	for password, guess := range guesses {
		var refusal *Refusal
		if err := listen(g, "icecast", password); !errors.As(err, &refusal) || refusal.wrong != guess || refusal.Status() != http.StatusUnauthorized {
			t.Errorf("%.10q: %+v", password, err)
		}
	}
	_, g = members(t, someMembers) // a gate that has not read its file yet
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	refusal := g.checkMember(t.Context(), path, netip.MustParseAddr("127.0.0.1"), "icecast", "wonder")
	if refusal == nil || refusal.wrong || refusal.Status() != http.StatusServiceUnavailable || refusal.Header().Get("Retry-After") != "1" {
		t.Errorf("%+v", refusal)
	}
}

// A listener is still a member while the user's line stays the same. MembersChanged
// reports a change once.
func TestStillMember(t *testing.T) {
	path, g := members(t, someMembers)
	visit, err := g.Listener(t.Context(), get("/members", "icecast", "wonder"), "/members", 1)
	if err != nil {
		t.Fatal(err)
	}
	visit.Left(0)
	for range 2 {
		g.MembersChanged() // twice, to settle on the first content
	}
	if !g.StillMember(visit.Member) || g.MembersChanged() {
		t.Error("the file has changed by itself")
	}
	file := g.Htpasswd("/members")
	if err := file.Add("other", "x"); err != nil {
		t.Fatal(err)
	}
	changes := 0
	for range 4 {
		if g.MembersChanged() {
			changes++
		}
	}
	if changes != 1 || !g.StillMember(visit.Member) {
		t.Errorf("another user: %d changes", changes)
	}
	if err := file.Delete("icecast"); err != nil {
		t.Fatal(err)
	}
	if g.StillMember(visit.Member) {
		t.Error("a deleted user is still a member")
	}
	if err := file.Add("icecast", "wonder"); err != nil {
		t.Fatal(err)
	}
	if g.StillMember(visit.Member) {
		t.Error("a new user of the same name is taken for the old one")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); !g.StillMember(visit.Member); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a file that cannot be read ends the stay of its members")
		}
	}
}
