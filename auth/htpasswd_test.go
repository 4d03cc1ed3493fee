package auth

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tg123/go-htpasswd"
	"golang.org/x/crypto/bcrypt"

	"relay/conf"
)

// The password of every hash is "wonder"; the first five are from openssl's
// passwd, the last is what Icecast wrote.
const kinds = `# members
apr1:$apr1$abcdefgh$YoZRc15qZGhK2NX/RWmro.
md5crypt:$1$abcdefgh$hqvCbNwzGGtJDzHd8m2pC1
sha256:$5$abcdefgh$LBuRH6O/ZSxqJaWNGryfvf6YBdC687SysEOlA783WA3
sha512:$6$abcdefgh$BCZD4MZ76CcLzsq3Z/oJZrs85Zay4i7PQhYtp/EgUD76cHglMu8sPEcHVrZO9rYRjrSVhX44VDTFY7p4lwpMa1
sha:{SHA}w3QkzGJswDXW5OKZHAJw0FELjfM=:a note
ssha:{SSHA}n0reRMPhZt31QPE0XthGVi73ivJzYWx0

icecast:10cf1fdf6ad958eeffa9853f6885cec9
`

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
	return path, unhurried(NewGate(conf.NewLive(c)))
}

// listen is what Gate.Listener says of a login for /members.
func listen(g *Gate, user, password string) error {
	return listenFrom(g, "127.0.0.1", user, password)
}

func listenFrom(g *Gate, ip, user, password string) error {
	req := get("/members", user, password)
	req.RemoteAddr = ip + ":50000"
	visit, err := g.Listener(context.Background(), req, "/members", 1)
	if err == nil {
		visit.Left(time.Second)
		if visit.User != user || visit.TimeLimit != 0 {
			return fmt.Errorf("let in as %q for %v", visit.User, visit.TimeLimit)
		}
	}
	return err
}

func TestHtpasswdKinds(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("wonder"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	path, g := members(t, kinds+"bcrypt:"+strings.Replace(string(hash), "$2a$", "$2y$", 1)+"\r\n")
	users := g.Htpasswd("/members").Users()
	if strings.Join(users, " ") != "apr1 md5crypt sha256 sha512 sha ssha icecast bcrypt" {
		t.Errorf("users are %q", users)
	}
	for _, user := range users {
		checkRefused(t, listen(g, user, "wonder"), "")
		checkRefused(t, listen(g, user, "wonder"), "") // as remembered
		for _, password := range []string{"", "Wonder", "wonder "} {
			checkRefused(t, listen(g, user, password), fmt.Sprintf("wrong password for user %q", user))
		}
	}
	checkRefused(t, listen(g, "nobody", "wonder"), `there is no user "nobody" in `+path)
	checkRefused(t, listen(g, "# members", "wonder"), "there is no user")
	checkRefused(t, listen(g, "sha512", strings.Repeat("x", maxPassword+1)), "longer than 256 bytes")
	if err := listen(g, "", ""); err != errNoLogin {
		t.Errorf("without a login: %v", err)
	}
	query := get("/members?user=icecast&pass=wonder", "", "")
	if _, err := g.Listener(t.Context(), query, "/members", 1); err != errNoLogin {
		t.Errorf("login in the query: %v", err) // wire/listener-auth-query.txt
	}
	if g.Htpasswd("/open") != nil {
		t.Error("a mount without a file has one")
	}
	if visit, err := g.Listener(t.Context(), get("/open", "", ""), "/open", 1); err != nil || visit.User != "" {
		t.Errorf("a mount for everybody: %+v, %v", visit, err)
	}
}

// What is wrong with a line is logged without the line, and the others count.
func TestBrokenLines(t *testing.T) {
	lines := []string{
		"secret", ":secret", "plain:secret", "empty:", "des:rEK1ecacw.7.c", "icecast:secret", "short:10cf1fdf6ad958eeffa9853f6885ce",
		"bcrypt:$2y$secret", "slow:$2y$31$bWBMg3oUStnhfy5rFvoyreviPySU6hvEmBub5wIlM/D.c5FeYJQ6O", "apr1:$apr1$secret",
		"sha:{SHA}secret", "ssha:{SSHA}secret", "nosalt:$5$$LBuRH6O/ZSxqJaWNGryfvf6YBdC687SysEOlA783WA3",
		"rounds:$5$rounds=secret$abcdefgh$LBuRH6O/ZSxqJaWNGryfvf6YBdC687SysEOlA783WA3",
		"slower:$5$rounds=999999999$abcdefgh$LBuRH6O/ZSxqJaWNGryfvf6YBdC687SysEOlA783WA3",
	}
	path, g := members(t, kinds+strings.Join(lines, "\n"))
	logs := observed(g)
	checkRefused(t, listen(g, "icecast", "wonder"), "")
	for _, user := range []string{"plain", "empty", "des", "short", "bcrypt", "slow", "nosalt", "rounds", "slower"} {
		checkRefused(t, listen(g, user, "secret"), "there is no user")
		checkRefused(t, listen(g, user, ""), "there is no user")
	}
	all := logs.All()
	if len(all) != maxProblems+1 || all[maxProblems].ContextMap()["lines"] != int64(len(lines)-maxProblems) {
		t.Errorf("%d lines in the log: %v", len(all), all)
	}
	for i, line := range all[:maxProblems] {
		fields := line.ContextMap()
		if fields["file"] != path || fields["line"] != int64(10+i) {
			t.Errorf("got %v", fields)
		}
		if strings.Contains(fmt.Sprint(fields), "secret") {
			t.Errorf("the log learns of what may be a password: %v", fields)
		}
	}
}

// A file that cannot be read lets nobody in and is logged once.
func TestUnreadableHtpasswd(t *testing.T) {
	path, g := members(t, kinds)
	logs := observed(g)
	checkRefused(t, listen(g, "icecast", "wonder"), "")
	again := func(want string) {
		t.Helper()
		for range 2 {
			g.Htpasswd("/members").looked = time.Time{}
			checkRefused(t, listen(g, "icecast", "wonder"), want)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	again("nobody may listen while " + path + " cannot be read: no such file or directory")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	again("not a regular file")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(kinds), 0o600); err != nil {
		t.Fatal(err)
	}
	again("")
	if err := os.Truncate(path, maxHtpasswd+1); err != nil {
		t.Fatal(err)
	}
	again("larger than 16 MiB")
	if logs.Len() != 3 {
		t.Errorf("got %v", logs.All())
	}
}

// A change counts after a second, and what was remembered before does not.
func TestHtpasswdChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path, g := members(t, kinds)
		checkRefused(t, listen(g, "icecast", "wonder"), "")
		checkRefused(t, listen(g, "icecast", "secret"), "wrong password")
		other := strings.Replace(kinds, "10cf1fdf6ad958eeffa9853f6885cec9", "5ebe2294ecd0e0f08eab7690d2a6ee69", 1)
		if err := os.WriteFile(path, []byte(other), 0o640); err != nil {
			t.Fatal(err)
		}
		future := time.Now().AddDate(50, 0, 0) // whatever the granularity of the file system
		if err := os.Chtimes(path, future, future); err != nil {
			t.Fatal(err)
		}
		checkRefused(t, listen(g, "icecast", "wonder"), "")
		time.Sleep(rereadAfter)
		checkRefused(t, listen(g, "icecast", "wonder"), "wrong password")
		checkRefused(t, listen(g, "icecast", "secret"), "")
	})
}

// slowHash is right after a while.
type slowHash struct {
	takes time.Duration
	tried chan struct{}
}

func (s slowHash) MatchesPassword(password string) bool {
	s.tried <- struct{}{}
	time.Sleep(s.takes)
	return password == "wonder"
}

// Those who are known do not wait for those whose passwords take long, and
// these wait for so long only.
func TestSlowHashes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, g := members(t, kinds)
		checkRefused(t, listen(g, "icecast", "wonder"), "")
		tried := make(chan struct{}, 100)
		g.Htpasswd("/members").roll().logins["slow"] = hash{EncodedPasswd: slowHash{20 * time.Second, tried}}
		g.Htpasswd("/members").looked = time.Now().Add(time.Hour)
		var hashing sync.WaitGroup
		for i := range g.hashing.atOnce {
			hashing.Go(func() { checkRefused(t, listenFrom(g, fmt.Sprint("192.0.2.", i), "slow", "wonder"), "") })
		}
		synctest.Wait()
		began := time.Now()
		checkRefused(t, listen(g, "icecast", "wonder"), "")
		if time.Since(began) != 0 {
			t.Error("one who is known had to wait")
		}
		checkRefused(t, listen(g, "apr1", "wonder"), "too many logins at once")
		if time.Since(began) != hashingTimeout {
			t.Errorf("waited %v", time.Since(began))
		}
		hashing.Wait()
		if len(tried) != g.hashing.atOnce {
			t.Errorf("hashed %d times", len(tried))
		}
	})
}

// countedHash counts how often a password was tried.
type countedHash struct {
	htpasswd.EncodedPasswd
	tried map[work]int
	work  work
}

func (c countedHash) MatchesPassword(password string) bool {
	c.tried[c.work]++
	return c.EncodedPasswd.MatchesPassword(password)
}

// In a file of many kinds every wrong login takes the same work, whoever has
// which kind and whether the name is there.
func TestWrongLoginsTakeTheSameWork(t *testing.T) {
	mixed := kinds
	for _, cost := range []int{bcrypt.MinCost, bcrypt.MinCost + 1} {
		hash, err := bcrypt.GenerateFromPassword([]byte("wonder"), cost)
		if err != nil {
			t.Fatal(err)
		}
		mixed += fmt.Sprintf("bcrypt%d:%s\n", cost, hash)
		mixed += fmt.Sprintf("htpasswd%d:%s\n", cost, strings.Replace(string(hash), "$2a$", "$2y$", 1))
	}
	r, problems := parseHtpasswd([]byte(mixed))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	tried := map[work]int{}
	for name, h := range r.logins {
		r.logins[name] = hash{countedHash{h.EncodedPasswd, tried, h.work}, h.work}
	}
	for w, h := range r.works {
		r.works[w] = hash{countedHash{h.EncodedPasswd, tried, w}, w}
	}
	want := map[work]int{}
	for kind := range hashes {
		if kind > 0 {
			want[work{kind, ""}] = 1
		}
	}
	want[work{0, "04"}], want[work{0, "05"}] = 1, 1
	for _, user := range append(slices.Clone(r.names), "nobody", "") {
		clear(tried)
		if r.matches(user, "wrong") || !maps.Equal(tried, want) {
			t.Errorf("a wrong password of %q takes %v, want %v", user, tried, want)
		}
	}
}

func TestRememberedIsBounded(t *testing.T) {
	r, _ := parseHtpasswd([]byte("ann:10cf1fdf6ad958eeffa9853f6885cec9\n"))
	for i := range maxRemembered {
		r.right[r.digest("ann", fmt.Sprint(i))] = struct{}{}
	}
	if right := r.matches("ann", "wonder"); !right || !r.remembers("ann", "wonder") || len(r.right) != maxRemembered {
		t.Errorf("%v, %d remembered", right, len(r.right))
	}
	if r.remembers("an", "nwonder") || r.remembers("ann", "x") {
		t.Error("remembers what never was")
	}
}

// Listeners come while users are added and taken away.
func TestHtpasswdConcurrently(t *testing.T) {
	_, g := members(t, kinds)
	var all sync.WaitGroup
	for i := range 2 {
		all.Go(func() {
			for range 20 {
				checkRefused(t, listen(g, "icecast", "wonder"), "")
				checkRefused(t, listen(g, "icecast", "x"), "wrong password")
			}
		})
		all.Go(func() {
			user := fmt.Sprintf("user%d", i)
			if err := g.Htpasswd("/members").Add(user, "x"); err != nil {
				t.Error(err)
			}
			checkRefused(t, listen(g, user, "x"), "")
			if err := g.Htpasswd("/members").Delete(user); err != nil {
				t.Error(err)
			}
			checkRefused(t, listen(g, user, "x"), "there is no user")
		})
	}
	all.Wait()
}
