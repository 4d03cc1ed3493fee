package throttle

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"relay/conf"
)

// clock is a time that passes when it is waited for.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func (c *clock) pass(d time.Duration) { c.at = c.at.Add(d) }

// slowed returns a throttle, its clock, and the ranges that it has begun to slow down.
func slowed(t testing.TB) (*Throttle, *clock, *[]netip.Prefix) {
	t.Helper()
	c, told := &clock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}, &[]netip.Prefix{}
	th := New()
	th.Now = c.now
	th.Wait = func(_ context.Context, _ <-chan struct{}, d time.Duration) { c.pass(d) }
	th.Slow = func(from netip.Prefix, _ int) { *told = append(*told, from) }
	return th, c, told
}

// login tries a login, and returns for how long it is refused unchecked.
func (t *Throttle) login(ip, login string, right bool) time.Duration {
	done, closed := t.Admit(context.Background(), netip.MustParseAddr(ip), login)
	if closed > 0 {
		return closed
	}
	defer done()
	if right {
		t.Right(netip.MustParseAddr(ip), login)
	} else {
		t.Wrong(netip.MustParseAddr(ip), login)
	}
	return 0
}

const guesserIP, otherIP = "198.51.100.7", "198.51.100.8"

// guess tries n different wrong logins as fast as possible, and returns how long that
// took.
func (t *Throttle) guess(c *clock, ip string, n int) time.Duration {
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
	if took := th.guess(c, guesserIP, FreeGuesses); took != 0 {
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
	if took := th.guess(c, otherIP, FreeGuesses); took != 0 {
		t.Errorf("another address waits %v", took)
	}
}

// A login that was not checked does not count against its address.
func TestRefusedLoginsProlongNothing(t *testing.T) {
	th, c, _ := slowed(t)
	th.guess(c, guesserIP, FreeGuesses+5)
	before := th.login(guesserIP, "new", false)
	for i := range 100 {
		th.login(guesserIP, fmt.Sprint(i), false)
	}
	if after := th.login(guesserIP, "new", false); after != before {
		t.Errorf("closed for %v, before that %v", after, before)
	}
}

// Of many guesses at once, one at a time is checked.
func TestGuessesAtOnceTakeTurns(t *testing.T) {
	th, c, _ := slowed(t)
	th.guess(c, guesserIP, FreeGuesses+5)
	c.pass(maxDelay)
	impatient, cancel := context.WithCancel(context.Background())
	cancel()
	looked := 0
	for i := range 100 {
		if _, closed := th.Admit(impatient, netip.MustParseAddr(guesserIP), fmt.Sprint(i)); closed == 0 {
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
	th.guess(c, guesserIP, FreeGuesses)
	th.login(guesserIP, "dj:right", true)
	if took := th.guess(c, guesserIP, FreeGuesses); took != 0 {
		t.Errorf("after the right login guesses took %v", took)
	}
}

// Owning one login is of little use for guessing others.
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
	if most := 60 * 2 * FreeGuesses; looked > most {
		t.Errorf("%d guesses in an hour, at most %d are wanted", looked, most)
	}
}

// Somebody behind a router guesses on and on. A login that was right there before is let
// in at once, and a new one after a while.
func TestOneGuesserDoesNotKeepOthersOut(t *testing.T) {
	th, c, _ := slowed(t)
	th.login(guesserIP, "dj:right", true)
	th.guess(c, guesserIP, FreeGuesses+20)
	if closed := th.login(guesserIP, "dj:right", true); closed != 0 {
		t.Errorf("a login known there is refused for %v", closed)
	}
	th.guess(c, guesserIP, FreeGuesses+20)
	closed := th.login(guesserIP, "guest:right", true)
	if closed > maxDelay {
		t.Errorf("a new login is refused for %v", closed)
	}
	c.pass(closed)
	if again := th.login(guesserIP, "guest:right", true); again != 0 {
		t.Errorf("and then for %v", again)
	}
}

// A proxy that is not trusted is one address for all its clients: the logins that are
// known there must not help a client that guesses through it.
func TestAFloodClosesTheDoorForKnownLoginsToo(t *testing.T) {
	th, c, _ := slowed(t)
	th.login(guesserIP, "admin:right", true)
	th.guess(c, guesserIP, FreeGuesses+5)
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
	th.guess(c, guesserIP, FreeGuesses+1)
	before := c.at
	if closed := th.login(guesserIP, "dj:right", true); closed != 0 || c.at.Sub(before) != firstDelay {
		t.Errorf("refused for %v after %v", closed, c.at.Sub(before))
	}
	if th.held != 0 {
		t.Errorf("%d wait still", th.held)
	}
}

// One address cannot take all places to wait in.
func TestFewLoginsOfAnAddressAreHeld(t *testing.T) {
	th, c, _ := slowed(t)
	th.guess(c, guesserIP, FreeGuesses+1)
	th.guess(c, otherIP, FreeGuesses+1)
	waiting, released := make(chan struct{}), make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	th.Wait = func(context.Context, <-chan struct{}, time.Duration) { waiting <- struct{}{}; <-released }
	var held sync.WaitGroup
	for i := range maxHeldOfOne {
		held.Go(func() { th.Admit(ctx, netip.MustParseAddr(guesserIP), fmt.Sprint(i)) })
		<-waiting
	}
	if th.login(guesserIP, "one more", false) == 0 {
		t.Error("one login too many of an address is looked at")
	}
	held.Go(func() { th.Admit(ctx, netip.MustParseAddr(otherIP), "x") })
	<-waiting // another address has a place
	cancel()
	close(released)
	held.Wait()
	if th.held != 0 || th.of(conf.ClientPrefix(netip.MustParseAddr(guesserIP))).held != 0 {
		t.Errorf("%d wait still", th.held)
	}
}

func TestGuessesAreForgotten(t *testing.T) {
	th, c, _ := slowed(t)
	th.guess(c, guesserIP, FreeGuesses+10)
	c.pass(guessesForget)
	if took := th.guess(c, guesserIP, FreeGuesses); took != 0 {
		t.Errorf("guesses took %v", took)
	}
}

func TestIPv6AddressesOfAClientPrefixAreOne(t *testing.T) {
	th, c, _ := slowed(t)
	for i := range FreeGuesses + 5 {
		c.pass(maxDelay)
		th.login(fmt.Sprintf("2001:db8:1:2::%x", i+1), fmt.Sprint("guess", i), false)
	}
	if th.login("2001:db8:1:2:ffff::1", "new", false) == 0 {
		t.Error("the next address of the same /64 is not slowed down")
	}
	if th.login("2001:db8:1:3::1", "new", false) != 0 {
		t.Error("the next /64 is slowed down")
	}
	if conf.ClientPrefix(netip.MustParseAddr("::ffff:192.0.2.1")) != conf.ClientPrefix(netip.MustParseAddr("192.0.2.1")) {
		t.Error("an IPv4 address in the form of IPv6 is another")
	}
}

func TestMemoryOfGuessersIsBounded(t *testing.T) {
	th, _, _ := slowed(t)
	for i := range maxGuessers + 100 {
		th.login(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), "x", false)
		th.login("192.0.2.1", fmt.Sprint("guess", i%maxWrong), false)
	}
	if len(th.addresses) != maxGuessers || th.byUse.Len() != maxGuessers {
		t.Errorf("%d and %d are remembered", len(th.addresses), th.byUse.Len())
	}
	if th.addresses[conf.ClientPrefix(netip.MustParseAddr("192.0.2.1"))] == nil || len(th.of(conf.ClientPrefix(netip.MustParseAddr("192.0.2.1"))).wrong) > maxWrong {
		t.Error("a client that goes on is forgotten, or all its logins are remembered")
	}
}
