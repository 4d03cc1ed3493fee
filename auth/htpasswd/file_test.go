package htpasswd

import (
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gohtpasswd "github.com/tg123/go-htpasswd"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"golang.org/x/crypto/bcrypt"

	"relay/auth/throttle"
	"relay/internal/turns"
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

// members returns a file with a text, in a new folder, and what it logs.
func members(t testing.TB, text string) (path string, f *File, log *observer.ObservedLogs) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "members")
	if err := os.WriteFile(path, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	core, log := observer.New(zap.DebugLevel)
	return path, New(path, NewHashing(turns.New(atOnce), throttle.New()), zap.New(core)), log
}

// atOnce is how many passwords the files of the tests hash at once.
const atOnce = 2

// checkVerdict checks a login against a file. refused is a piece of the reason, or empty
// if the login is right.
func checkVerdict(t *testing.T, f *File, user, password, refused string) {
	t.Helper()
	v := f.Check(t.Context(), netip.MustParseAddr("127.0.0.1"), user, password)
	if refused == "" && v != (Verdict{Result: Right}) || refused != "" && (v.Result == Right || !strings.Contains(v.Reason, refused)) {
		t.Errorf("%q: got %+v, want %q", user, v, refused)
	}
}

func TestHtpasswdKinds(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("wonder"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	path, f, _ := members(t, kinds+"bcrypt:"+strings.Replace(string(hash), "$2a$", "$2y$", 1)+"\r\n")
	users := f.Users()
	if strings.Join(users, " ") != "apr1 md5crypt sha256 sha512 sha ssha icecast bcrypt" {
		t.Errorf("users are %q", users)
	}
	for _, user := range users {
		checkVerdict(t, f, user, "wonder", "")
		checkVerdict(t, f, user, "wonder", "") // as remembered
		for _, password := range []string{"", "Wonder", "wonder "} {
			checkVerdict(t, f, user, password, fmt.Sprintf("wrong password for user %q", user))
		}
	}
	checkVerdict(t, f, "nobody", "wonder", `there is no user "nobody" in `+path)
	checkVerdict(t, f, "# members", "wonder", "there is no user")
	checkVerdict(t, f, "sha512", strings.Repeat("x", maxPassword+1), "longer than 256 bytes")
}

// The log says what is wrong with a line but does not show the line. The other lines
// count.
func TestBrokenLines(t *testing.T) {
	lines := []string{
		"secret", ":secret", "plain:secret", "empty:", "des:rEK1ecacw.7.c", "icecast:secret", "short:10cf1fdf6ad958eeffa9853f6885ce",
		"bcrypt:$2y$secret", "slow:$2y$31$bWBMg3oUStnhfy5rFvoyreviPySU6hvEmBub5wIlM/D.c5FeYJQ6O", "apr1:$apr1$secret",
		"sha:{SHA}secret", "ssha:{SSHA}secret", "nosalt:$5$$LBuRH6O/ZSxqJaWNGryfvf6YBdC687SysEOlA783WA3",
		"rounds:$5$rounds=secret$abcdefgh$LBuRH6O/ZSxqJaWNGryfvf6YBdC687SysEOlA783WA3",
		"slower:$5$rounds=999999999$abcdefgh$LBuRH6O/ZSxqJaWNGryfvf6YBdC687SysEOlA783WA3",
	}
	path, f, logs := members(t, kinds+strings.Join(lines, "\n"))
	checkVerdict(t, f, "icecast", "wonder", "")
	for _, user := range []string{"plain", "empty", "des", "short", "bcrypt", "slow", "nosalt", "rounds", "slower"} {
		checkVerdict(t, f, user, "secret", "there is no user")
		checkVerdict(t, f, user, "", "there is no user")
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

// While a file cannot be read, no login is right, and the log has one line.
func TestUnreadableHtpasswd(t *testing.T) {
	path, f, logs := members(t, kinds)
	checkVerdict(t, f, "icecast", "wonder", "")
	again := func(want string) {
		t.Helper()
		for range 2 {
			f.looked = time.Time{}
			checkVerdict(t, f, "icecast", "wonder", want)
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
	if err := os.Truncate(path, maxFile+1); err != nil {
		t.Fatal(err)
	}
	again("larger than 16 MiB")
	if logs.Len() != 3 {
		t.Errorf("got %v", logs.All())
	}
}

// A change counts after a second. Logins remembered before it do not.
func TestHtpasswdChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path, f, _ := members(t, kinds)
		checkVerdict(t, f, "icecast", "wonder", "")
		checkVerdict(t, f, "icecast", "secret", "wrong password")
		other := strings.Replace(kinds, "10cf1fdf6ad958eeffa9853f6885cec9", "5ebe2294ecd0e0f08eab7690d2a6ee69", 1)
		if err := os.WriteFile(path, []byte(other), 0o640); err != nil {
			t.Fatal(err)
		}
		future := time.Now().AddDate(50, 0, 0) // whatever the granularity of the file system
		if err := os.Chtimes(path, future, future); err != nil {
			t.Fatal(err)
		}
		checkVerdict(t, f, "icecast", "wonder", "")
		time.Sleep(RereadAfter)
		checkVerdict(t, f, "icecast", "wonder", "wrong password")
		checkVerdict(t, f, "icecast", "secret", "")
	})
}

// slowHash is a hash that takes a while to try.
type slowHash struct {
	takes time.Duration
	tried chan struct{}
}

func (s slowHash) MatchesPassword(password string) bool {
	s.tried <- struct{}{}
	time.Sleep(s.takes)
	return password == "wonder"
}

// A login that is remembered does not wait for slow hashes. Other logins wait, but for a
// bounded time.
func TestSlowHashes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, f, _ := members(t, kinds)
		checkVerdict(t, f, "icecast", "wonder", "")
		tried := make(chan struct{}, 100)
		f.snapshot().logins["slow"] = hash{EncodedPasswd: slowHash{20 * time.Second, tried}}
		f.looked = time.Now().Add(time.Hour)
		var hashing sync.WaitGroup
		for i := range atOnce {
			hashing.Go(func() {
				if v := f.Check(t.Context(), netip.MustParseAddr(fmt.Sprint("192.0.2.", i)), "slow", "wonder"); v.Result != Right {
					t.Errorf("got %+v", v)
				}
			})
		}
		synctest.Wait()
		began := time.Now()
		checkVerdict(t, f, "icecast", "wonder", "")
		if time.Since(began) != 0 {
			t.Error("one who is known had to wait")
		}
		if v := f.Check(t.Context(), netip.MustParseAddr("127.0.0.1"), "apr1", "wonder"); v.Result != Busy {
			t.Errorf("got %+v", v)
		}
		if time.Since(began) != TurnTimeout {
			t.Errorf("waited %v", time.Since(began))
		}
		hashing.Wait()
		if len(tried) != atOnce {
			t.Errorf("hashed %d times", len(tried))
		}
	})
}

// countedHash counts how often a password was tried.
type countedHash struct {
	gohtpasswd.EncodedPasswd
	tried map[work]int
	work  work
}

func (c countedHash) MatchesPassword(password string) bool {
	c.tried[c.work]++
	return c.EncodedPasswd.MatchesPassword(password)
}

// In a file of many kinds of hashes every wrong login takes the same work, whichever kind
// the user's is and whether there is such a user.
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
	r, problems := parse([]byte(mixed))
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
	r, _ := parse([]byte("ann:10cf1fdf6ad958eeffa9853f6885cec9\n"))
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

// Listeners come while users are added and removed.
func TestHtpasswdConcurrently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // in which no turn to hash comes too late
		_, f, _ := members(t, kinds)
		var all sync.WaitGroup
		for i := range 2 {
			all.Go(func() {
				for range 20 {
					checkVerdict(t, f, "icecast", "wonder", "")
					checkVerdict(t, f, "icecast", "x", "wrong password")
				}
			})
			all.Go(func() {
				user := fmt.Sprintf("user%d", i)
				if err := f.Add(user, "x"); err != nil {
					t.Error(err)
				}
				checkVerdict(t, f, user, "x", "")
				if err := f.Delete(user); err != nil {
					t.Error(err)
				}
				checkVerdict(t, f, user, "x", "there is no user")
			})
		}
		all.Wait()
	})
}
