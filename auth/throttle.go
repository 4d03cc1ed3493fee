package auth

import (
	"container/list"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"net/netip"
	"slices"
	"sync"
	"time"

	"relay/conf"
)

// How those who guess are slowed down.
const (
	freeGuesses   = 8                // different wrong logins of an address that cost nothing
	firstDelay    = time.Second      // what the next one costs; each one after that twice as much
	longestDelay  = 15 * time.Second // and no more than this
	longestHold   = 2 * time.Second  // a login that may be looked at by then waits for it,
	longestWait   = 10 * time.Second // but no longer than this, however often others come first
	mostHeld      = 1000             // logins that wait, of all addresses
	mostHeldOfOne = 100              // and of one: a whole studio after a power cut
	guessesForget = 10 * time.Minute // after the last wrong one
	pardonEvery   = time.Minute      // how often a right login clears its address
	knownFor      = 24 * time.Hour   // how long a right login is known at its address
	knownPatience = 1000             // logins turned away unseen before known ones are too
	mostGuessers  = 10000            // addresses that are remembered; those seen the longest time ago go
	mostWrong     = 32               // logins that are remembered of an address,
	mostKnown     = 4                // wrong and right ones
	mostMisfits   = 128              // see isMisfit
)

// throttle slows those down who try one login after another.
//
// A guess is a wrong login that the address has not tried of late: a program
// that repeats the password it was given wrongly guesses nothing. Some guesses
// are free. After each further one nothing that comes from the address is
// looked at for a while, first one second, then twice as long each time, up to
// longestDelay: a login that comes meanwhile waits, if it is not for long, and
// is refused unseen otherwise, which costs the address nothing more. So a login
// sent behind the same router as somebody who guesses gets its turn soon.
//
// Looking may take long, and what is being looked at may be a guess: so no more is
// looked at at once than there are free guesses left, or one login when there are
// none, and the others wait. All encoders of a studio that come back in the same
// second get in, a few at a time, and who tries many logins at once gains nothing.
//
// A right login clears the address, though not so often that the owner of one
// login could guess at others. One that was right before, from that address, is
// looked at in between, until very many others have been turned away.
//
// An address is an IPv4 address or the /64 of an IPv6 one, which is what a
// household gets. Safe for concurrent use.
type throttle struct {
	now func() time.Time
	// wait returns early when change is closed or ctx ends.
	wait func(ctx context.Context, change <-chan struct{}, d time.Duration)
	slow func(from netip.Prefix, guesses int) // told when an address begins to be slowed down
	key  [32]byte                             // of the digests, so that they are of no use outside

	mu        sync.Mutex
	addresses map[netip.Prefix]*list.Element // of *guesser
	byUse     *list.List                     // the one seen the longest time ago in front
	held      int
}

// guesser is what is known of an address.
type guesser struct {
	from     netip.Prefix
	guesses  int
	last     time.Time     // guess
	closed   time.Time     // until when nothing is looked at
	pardoned time.Time     // when a right login cleared the address
	unseen   int           // logins that were turned away since
	looks    int           // logins that are being looked at and may be guesses
	held     int           // logins that wait
	change   chan struct{} // closed, and replaced, when a look ends that others wait for
	wrong    []loginDigest
	known    []knownLogin  // the newest last
	misfits  []loginDigest // of passwords with the hashes that they do not fit
}

type loginDigest [16]byte

func (d loginDigest) is(other loginDigest) bool { return hmac.Equal(d[:], other[:]) }

type knownLogin struct {
	digest loginDigest
	until  time.Time
}

func newThrottle() *throttle {
	t := &throttle{
		now:       time.Now,
		wait:      waitFor,
		slow:      func(netip.Prefix, int) {},
		addresses: map[netip.Prefix]*list.Element{},
		byUse:     list.New(),
	}
	rand.Read(t.key[:])
	return t
}

func waitFor(ctx context.Context, change <-chan struct{}, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-change:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// admit tells whether a login from an IP address may be looked at, if need be
// after a wait. If so closed is 0, and done must be called when it has been
// looked at and right or guessed were told; else closed is how long nothing from
// there is looked at.
func (t *throttle) admit(ctx context.Context, ip, login string) (done func(), closed time.Duration) {
	digest := t.digest(login)
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.of(household(ip))
	closed = g.shut(digest, t.now())
	if 0 < closed && closed <= longestHold && t.hold(g) {
		closed = t.await(ctx, g, digest)
		t.release(g)
	}
	if closed > 0 {
		g.unseen++
		return nil, closed
	}
	if g.isKnown(digest, t.now()) {
		return func() {}, 0
	}
	g.looks++
	return func() { t.looked(g) }, 0
}

// await waits until a login may be looked at, and returns for how much longer it
// may not if that takes too long. t.mu is held, though not all the time.
func (t *throttle) await(ctx context.Context, g *guesser, digest loginDigest) (closed time.Duration) {
	until := t.now().Add(longestWait)
	for {
		now := t.now()
		closed = g.shut(digest, now)
		if closed == 0 || closed > longestHold || !now.Before(until) || ctx.Err() != nil {
			return closed
		}
		change := g.change
		t.mu.Unlock()
		t.wait(ctx, change, min(closed, until.Sub(now)))
		t.mu.Lock()
	}
}

// looked notes that a login has been looked at.
func (t *throttle) looked(g *guesser) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g.looks--
	if g.held > 0 {
		close(g.change)
		g.change = make(chan struct{})
	}
}

// right notes that a login from an IP address was right.
func (t *throttle) right(ip, login string) {
	from, digest := household(ip), t.digest(login)
	t.mu.Lock()
	defer t.mu.Unlock()
	g, now := t.of(from), t.now()
	g.know(digest, now)
	if now.Sub(g.pardoned) >= pardonEvery {
		g.pardoned = now
		g.clear()
	}
}

// guessed notes that a login from an IP address was wrong.
func (t *throttle) guessed(ip, login string) {
	from, digest := household(ip), t.digest(login)
	if guesses := t.count(from, digest); guesses == freeGuesses+1 {
		t.slow(from, guesses)
	}
}

// count counts a wrong login and returns how many guesses there are now, or 0 if
// this was none.
func (t *throttle) count(from netip.Prefix, digest loginDigest) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	g, now := t.of(from), t.now()
	g.forget(now)
	if slices.ContainsFunc(g.wrong, digest.is) {
		return 0
	}
	g.guesses++
	g.last = now
	g.wrong = remember(g.wrong, digest, mostWrong)
	if g.guesses > freeGuesses {
		g.closed = now.Add(g.delay())
	}
	return g.guesses
}

// delay is what the newest guess costs.
func (g *guesser) delay() time.Duration {
	shift := min(g.guesses-freeGuesses-1, 10)
	return min(firstDelay<<shift, longestDelay)
}

// remember adds a digest to those that are remembered, of which the oldest goes
// when there are too many.
func remember(digests []loginDigest, d loginDigest, most int) []loginDigest {
	switch {
	case slices.ContainsFunc(digests, d.is):
		return digests
	case len(digests) == most:
		digests = slices.Delete(digests, 0, 1)
	}
	return append(digests, d)
}

// shut is how long a login is not looked at: 0 if it may be now. Where others
// are being looked at nobody knows for how long, so it is a guess.
func (g *guesser) shut(digest loginDigest, now time.Time) time.Duration {
	g.forget(now)
	closed := g.closed.Sub(now)
	switch {
	case g.isKnown(digest, now):
		return 0
	case closed > 0 && !slices.ContainsFunc(g.wrong, digest.is):
		return closed
	case g.looks > 0 && g.guesses+g.looks > freeGuesses:
		return firstDelay
	}
	return 0
}

// forget lets go of guesses that were long ago.
func (g *guesser) forget(now time.Time) {
	if now.Sub(g.last) >= guessesForget {
		g.clear()
	}
}

func (g *guesser) clear() { g.guesses, g.closed, g.unseen, g.wrong = 0, time.Time{}, 0, nil }

// isKnown tells whether a login was right here not long ago, and may be looked
// at while others may not.
func (g *guesser) isKnown(digest loginDigest, now time.Time) bool {
	return g.unseen < knownPatience && slices.ContainsFunc(g.known, func(k knownLogin) bool {
		return digest.is(k.digest) && now.Before(k.until)
	})
}

func (g *guesser) know(digest loginDigest, now time.Time) {
	g.known = slices.DeleteFunc(g.known, func(k knownLogin) bool { return digest.is(k.digest) || !now.Before(k.until) })
	if len(g.known) == mostKnown {
		g.known = slices.Delete(g.known, 0, 1)
	}
	g.known = append(g.known, knownLogin{digest, now.Add(knownFor)})
	g.wrong = slices.DeleteFunc(g.wrong, digest.is)
}

// of returns what is known of an address. t.mu is held.
func (t *throttle) of(from netip.Prefix) *guesser {
	if at := t.addresses[from]; at != nil {
		t.byUse.MoveToBack(at)
		return at.Value.(*guesser)
	}
	for t.byUse.Len() >= mostGuessers {
		oldest := t.byUse.Remove(t.byUse.Front()).(*guesser)
		delete(t.addresses, oldest.from)
	}
	g := &guesser{from: from, change: make(chan struct{})}
	t.addresses[from] = t.byUse.PushBack(g)
	return g
}

// hold takes one of the places to wait in, if there is one; release must follow.
// t.mu is held.
func (t *throttle) hold(g *guesser) bool {
	if g.held >= mostHeldOfOne || t.held >= mostHeld {
		return false
	}
	g.held++
	t.held++
	return true
}

// release needs t.mu.
func (t *throttle) release(g *guesser) {
	g.held--
	t.held--
}

func (t *throttle) digest(login string) loginDigest {
	mac := hmac.New(sha256.New, t.key[:])
	mac.Write([]byte(login))
	return loginDigest(mac.Sum(nil)[:16])
}

// household is the addresses that an IP address is one with. What is no address
// is one with all others that are none.
func household(ip string) netip.Prefix {
	from, _ := conf.HouseholdOf(ip)
	return from
}
