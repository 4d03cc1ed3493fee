package auth

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// clock is a time that passes when it is waited for.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func (c *clock) pass(d time.Duration) { c.at = c.at.Add(d) }

// slowed returns a throttle with a clock of its own, and what it was told of
// addresses that are slowed down.
func slowed(t testing.TB) (*throttle, *clock, *[]netip.Prefix) {
	t.Helper()
	c, told := &clock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}, &[]netip.Prefix{}
	th := newThrottle()
	th.now = c.now
	th.wait = func(_ context.Context, _ <-chan struct{}, d time.Duration) { c.pass(d) }
	th.slow = func(from netip.Prefix, _ int) { *told = append(*told, from) }
	return th, c, told
}

// login tries a login and returns how long it was refused unseen for.
func (t *throttle) login(ip, login string, right bool) time.Duration {
	done, closed := t.admit(context.Background(), ip, login)
	if closed > 0 {
		return closed
	}
	defer done()
	if right {
		t.right(ip, login)
	} else {
		t.guessed(ip, login)
	}
	return 0
}

// unhurried lets a gate look at every guess, for tests of something else.
func unhurried(g *Gate) *Gate {
	var hours atomic.Int64
	g.throttle.now = func() time.Time { return time.Unix(3600*hours.Add(1), 0) }
	return g
}

const guesserIP, otherIP = "198.51.100.7", "198.51.100.8"

// guess tries n different wrong logins as fast as it may, and returns how long
// that took.
func (t *throttle) guess(c *clock, ip string, n int) time.Duration {
	begun := c.at
	for i := 0; i < n; {
		if closed := t.login(ip, rand.Text(), false); closed > 0 {
			c.pass(closed)
			continue
		}
		i++
	}
	return c.at.Sub(begun)
}

func TestGuessesCostMoreAndMore(t *testing.T) {
	th, c, told := slowed(t)
	if took := th.guess(c, guesserIP, freeGuesses); took != 0 {
		t.Errorf("the free guesses took %v", took)
	}
	if len(*told) != 0 {
		t.Errorf("slowed down already: %v", *told)
	}
	for i, want := range []time.Duration{0, 1, 2, 4, 8, 15, 15, 15} {
		if took := th.guess(c, guesserIP, 1); took != want*time.Second {
			t.Errorf("guess %d took %v, want %d s", i, took, want)
		}
	}
	if len(*told) != 1 || (*told)[0].String() != guesserIP+"/32" {
		t.Errorf("told of %v", *told)
	}
	if took := th.guess(c, otherIP, freeGuesses); took != 0 {
		t.Errorf("another address waits %v", took)
	}
}

// What nobody looked at is not held against the address.
func TestRefusedLoginsProlongNothing(t *testing.T) {
	th, c, _ := slowed(t)
	th.guess(c, guesserIP, freeGuesses+5)
	before := th.login(guesserIP, "new", false)
	for i := range 100 {
		th.login(guesserIP, fmt.Sprint(i), false)
	}
	if after := th.login(guesserIP, "new", false); after != before {
		t.Errorf("closed for %v, before that %v", after, before)
	}
}

// Many guesses at once are looked at one at a time.
func TestGuessesAtOnceTakeTurns(t *testing.T) {
	th, c, _ := slowed(t)
	th.guess(c, guesserIP, freeGuesses+5)
	c.pass(longestDelay)
	impatient, cancel := context.WithCancel(context.Background())
	cancel()
	looked := 0
	for i := range 100 {
		if _, closed := th.admit(impatient, guesserIP, fmt.Sprint(i)); closed == 0 {
			looked++
		}
	}
	if looked != 1 {
		t.Errorf("%d of 100 were looked at", looked)
	}
}

func TestARepeatedLoginIsNoGuess(t *testing.T) {
	th, _, told := slowed(t)
	for range 1000 {
		if closed := th.login(guesserIP, "source:old password", false); closed > 0 {
			t.Fatalf("refused for %v", closed)
		}
	}
	if len(*told) != 0 {
		t.Error("an encoder with an old password is slowed down")
	}
}

func TestARightLoginClearsItsAddress(t *testing.T) {
	th, c, _ := slowed(t)
	th.guess(c, guesserIP, freeGuesses)
	th.login(guesserIP, "dj:right", true)
	if took := th.guess(c, guesserIP, freeGuesses); took != 0 {
		t.Errorf("after the right login guesses took %v", took)
	}
}

// The owner of one login gains little for guessing at others.
func TestRightLoginsDoNotHelpGuessing(t *testing.T) {
	th, c, _ := slowed(t)
	begun, looked := c.at, 0
	for i := 0; c.at.Sub(begun) < time.Hour; i++ {
		th.login(guesserIP, "dj:right", true)
		if closed := th.login(guesserIP, fmt.Sprint("admin:", i), false); closed > 0 {
			c.pass(closed)
			continue
		}
		looked++
	}
	if most := 60 * 2 * freeGuesses; looked > most {
		t.Errorf("%d guesses in an hour, at most %d are wanted", looked, most)
	}
}

// Behind one router somebody guesses on and on. Who was let in from there
// before is let in at once; who comes for the first time waits a while.
func TestOneGuesserDoesNotKeepOthersOut(t *testing.T) {
	th, c, _ := slowed(t)
	th.login(guesserIP, "dj:right", true)
	th.guess(c, guesserIP, freeGuesses+20)
	if closed := th.login(guesserIP, "dj:right", true); closed != 0 {
		t.Errorf("a login known there is refused for %v", closed)
	}
	th.guess(c, guesserIP, freeGuesses+20)
	closed := th.login(guesserIP, "guest:right", true)
	if closed > longestDelay {
		t.Errorf("a new login is refused for %v", closed)
	}
	c.pass(closed)
	if again := th.login(guesserIP, "guest:right", true); again != 0 {
		t.Errorf("and then for %v", again)
	}
}

// A proxy that is not trusted is one address for everybody: what is known there
// must not be an open door for who guesses through it.
func TestAFloodClosesTheDoorForKnownLoginsToo(t *testing.T) {
	th, c, _ := slowed(t)
	th.login(guesserIP, "admin:right", true)
	th.guess(c, guesserIP, freeGuesses+5)
	th.login(guesserIP, "x", false)
	for i := range knownPatience {
		th.login(guesserIP, fmt.Sprint(i), false)
	}
	if closed := th.login(guesserIP, "admin:right", true); closed == 0 {
		t.Error("a known login is looked at however many were refused")
	}
}

func TestAShortWaitIsHeld(t *testing.T) {
	th, c, _ := slowed(t)
	th.guess(c, guesserIP, freeGuesses+1)
	before := c.at
	if closed := th.login(guesserIP, "dj:right", true); closed != 0 || c.at.Sub(before) != firstDelay {
		t.Errorf("refused for %v after %v", closed, c.at.Sub(before))
	}
	if th.held != 0 {
		t.Errorf("%d wait still", th.held)
	}
}

// One address cannot take all the places to wait in.
func TestFewLoginsOfAnAddressAreHeld(t *testing.T) {
	th, c, _ := slowed(t)
	th.guess(c, guesserIP, freeGuesses+1)
	th.guess(c, otherIP, freeGuesses+1)
	waiting, released := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	th.wait = func(context.Context, <-chan struct{}, time.Duration) { waiting <- struct{}{}; <-released }
	var held sync.WaitGroup
	for i := range mostHeldOfOne {
		held.Go(func() { th.admit(ctx, guesserIP, fmt.Sprint(i)) })
		<-waiting
	}
	if th.login(guesserIP, "one more", false) == 0 {
		t.Error("one login too many of an address is looked at")
	}
	held.Go(func() { th.admit(ctx, otherIP, "x") })
	<-waiting // another address has a place
	cancel()
	close(released)
	held.Wait()
	if th.held != 0 || th.of(household(guesserIP)).held != 0 {
		t.Errorf("%d wait still", th.held)
	}
}

func TestGuessesAreForgotten(t *testing.T) {
	th, c, _ := slowed(t)
	th.guess(c, guesserIP, freeGuesses+10)
	c.pass(guessesForget)
	if took := th.guess(c, guesserIP, freeGuesses); took != 0 {
		t.Errorf("guesses took %v", took)
	}
}

func TestIPv6AddressesOfAHouseholdAreOne(t *testing.T) {
	th, c, _ := slowed(t)
	for i := range freeGuesses + 5 {
		c.pass(longestDelay)
		th.login(fmt.Sprintf("2001:db8:1:2::%x", i+1), fmt.Sprint("guess", i), false)
	}
	if th.login("2001:db8:1:2:ffff::1", "new", false) == 0 {
		t.Error("the next address of the same /64 is not slowed down")
	}
	if th.login("2001:db8:1:3::1", "new", false) != 0 {
		t.Error("the next /64 is slowed down")
	}
	if household("::ffff:192.0.2.1") != household("192.0.2.1") {
		t.Error("an IPv4 address in the form of IPv6 is another")
	}
}

func TestMemoryOfGuessersIsBounded(t *testing.T) {
	th, _, _ := slowed(t)
	for i := range mostGuessers + 100 {
		th.login(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), "x", false)
		th.login("192.0.2.1", fmt.Sprint("guess", i%mostWrong), false)
	}
	if len(th.addresses) != mostGuessers || th.byUse.Len() != mostGuessers {
		t.Errorf("%d and %d are remembered", len(th.addresses), th.byUse.Len())
	}
	if th.addresses[household("192.0.2.1")] == nil || len(th.of(household("192.0.2.1")).wrong) > mostWrong {
		t.Error("who goes on is forgotten, or all that he tries is remembered")
	}
}
