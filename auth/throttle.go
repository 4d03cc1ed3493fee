package auth

import (
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
	freeGuesses     = 8                // different wrong logins of a client that cost nothing
	firstDelay      = time.Second      // what the next one costs; each one after that twice as much
	longestDelay    = 15 * time.Second // and no more than this
	longestHold     = 2 * time.Second  // a login that may be looked at by then waits for it,
	longestWait     = 10 * time.Second // but no longer than this, however often others come first
	mostHeld        = 1000             // logins that wait, of all clients
	mostHeldOfOne   = 100              // and of one: a whole studio after a power cut,
	mostRepeatsHeld = 16               // of which few are wrong logins that are repeated
	guessesForget   = 10 * time.Minute // after the last wrong one
	pardonEvery     = time.Minute      // how often a right login clears its client
	knownFor        = 24 * time.Hour   // how long a right login is known at its client
	knownPatience   = 1000             // logins turned away unseen before known ones are too
	mostGuessers    = 10000            // clients that are remembered
	mostRanges      = 4096             // wider ranges of addresses that are remembered
	mostWrong       = 32               // logins that are remembered of a client,
	mostKnown       = 4                // wrong and right ones
	mostMisfits     = 128              // see isMisfit
)

// newRangeBudget is for guesses from a /56 or a /48: several times what one client
// has.
func newRangeBudget(bits int) *budget {
	if bits == 56 {
		return &budget{most: 4 * freeGuesses, every: 10 * time.Second}
	}
	return &budget{most: 8 * freeGuesses, every: 5 * time.Second}
}

// newServerBudget is for guesses from everywhere. It is wide: a botnet is to be
// slowed down, and a station whose listeners all have new passwords is not.
func newServerBudget() *budget { return &budget{most: 1000, every: time.Second} }

// newRepeatBudget is for wrong logins that a client repeats. Encoders come again
// after 1 to 10 s, and there may be some in a studio.
func newRepeatBudget() *budget { return &budget{most: 128, every: 100 * time.Millisecond} }

// throttle slows down clients that try one login after another.
//
// A guess is a wrong login that the client has not tried of late: a program
// that repeats the password it was given wrongly guesses nothing. Some guesses
// are free. After each further one nothing that comes from the client is looked
// at for a while, first one second, then twice as long each time, up to
// longestDelay: a login that comes meanwhile waits, if it is not for long, and
// is refused unseen otherwise, which costs the client nothing more. So a login
// sent behind the same router as a guesser gets its turn soon.
//
// Looking may take long, and what is being looked at may be a guess: so no more is
// looked at at once than there are free guesses left, or one login when there are
// none, and the others wait. All encoders of a studio that come back in the same
// second get in, a few at a time, and trying many logins at once gains nothing.
//
// A right login clears the client, though not so often that the owner of one
// login could guess at others. One that was right before, from that client, is
// looked at in between, until very many others have been turned away.
//
// A client is an IPv4 address or the /64 of an IPv6 one. One customer may have
// thousands of /64s, and a botnet thousands of addresses: guesses have a budget
// for each /56 and /48 and one for the whole server besides, from which known
// logins and repeated ones take nothing.
//
// What is remembered is bounded. A client that guessed within guessesForget is
// never forgotten for a new one, and the budget of the whole server keeps the
// table from filling up with such clients. Should it do so all the same, new
// clients share one place. Safe for concurrent use.
type throttle struct {
	now func() time.Time
	// wait returns early when change is closed or ctx ends.
	wait func(ctx context.Context, change <-chan struct{}, d time.Duration)
	// slow is told when a range of addresses begins to be slowed down; the zero
	// Prefix is all of them.
	slow func(from netip.Prefix, guesses int)
	key  [32]byte // of the digests, so that they are of no use outside

	mu        sync.Mutex
	addresses map[netip.Prefix]*guesser
	byUse     usage
	ranges    map[netip.Prefix]*budget // the /56s and /48s
	server    *budget
	held      int
}

// guesser is what is known of a client.
type guesser struct {
	from       netip.Prefix
	guesses    int
	last       time.Time     // guess
	closed     time.Time     // until when nothing is looked at
	pardoned   time.Time     // when a right login cleared the client
	unseen     int           // logins that were turned away since,
	turnedAway time.Time     // the last of them at this time
	looks      int           // logins that are being looked at and may be guesses
	held       int           // logins that wait
	change     chan struct{} // closed, and replaced, when a look ends that others wait for
	wrong      []loginDigest
	known      []knownLogin  // the newest last
	misfits    []loginDigest // of passwords with the hashes that they do not fit
	repeats    *budget       // of wrong logins that come again
	place      place
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
		addresses: map[netip.Prefix]*guesser{},
		ranges:    map[netip.Prefix]*budget{},
		server:    newServerBudget(),
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
	from, digest := household(ip), t.digest(login)
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.of(from)
	defer t.put(g)
	closed = t.shut(g, ip, digest)
	if 0 < closed && closed <= longestHold && t.hold(g, digest) {
		closed = t.await(ctx, g, ip, digest)
		t.release(g)
	}
	now := t.now()
	switch {
	case g.isRepeated(digest):
		if closed == 0 {
			g.repeats.use(now)
			return func() {}, 0
		}
		return nil, closed
	case closed > 0:
		g.unseen++
		g.turnedAway = now
		return nil, closed
	case g.isKnown(digest, now):
		return func() {}, 0
	}
	budgets := append(t.rangeBudgets(ip), t.server)
	g.looks++
	for _, b := range budgets {
		b.looks++
	}
	return func() { t.looked(g, ip, budgets) }, 0
}

// await waits until a login may be looked at, and returns for how much longer it
// may not if that takes too long. t.mu is held, though not all the time.
func (t *throttle) await(ctx context.Context, g *guesser, ip string, digest loginDigest) (closed time.Duration) {
	until := t.now().Add(longestWait)
	for {
		now := t.now()
		closed = t.shut(g, ip, digest)
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
func (t *throttle) looked(g *guesser, ip string, budgets []*budget) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g.looks--
	for _, b := range budgets {
		b.looks--
	}
	t.tidyRanges(ip)
	if g.held > 0 {
		close(g.change)
		g.change = make(chan struct{})
	}
	t.put(g)
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
	t.put(g)
}

// guessed notes that a login from an IP address was wrong.
func (t *throttle) guessed(ip, login string) {
	for _, s := range t.count(ip, t.digest(login)) {
		t.slow(s.from, s.guesses)
	}
}

// slowedRange is a range of addresses that begins to be slowed down.
type slowedRange struct {
	from    netip.Prefix
	guesses int
}

// count counts a wrong login, unless it is no guess, and returns what begins to
// be slowed down by it.
func (t *throttle) count(ip string, digest loginDigest) (begin []slowedRange) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g, now := t.of(household(ip)), t.now()
	defer t.put(g)
	g.forget(now)
	if g.isRepeated(digest) {
		return nil
	}
	g.wrong = remember(g.wrong, digest, mostWrong)
	g.last = now
	if g.forgetKnown(digest) {
		return nil // it was right here: a program whose password has changed guesses nothing
	}
	g.guesses++
	if g.guesses > freeGuesses {
		g.closed = now.Add(g.delay())
	}
	if g.guesses == freeGuesses+1 {
		begin = append(begin, slowedRange{g.from, g.guesses})
	}
	for i, b := range t.rangeBudgets(ip) {
		if b.use(now) {
			begin = append(begin, slowedRange{widerRanges(ip)[i], b.used})
		}
	}
	if t.server.use(now) {
		begin = append(begin, slowedRange{netip.Prefix{}, t.server.used})
	}
	return begin
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

// shut is how long a login of a client at an IP address is not looked at: 0 if it
// may be now. t.mu is held.
func (t *throttle) shut(g *guesser, ip string, digest loginDigest) time.Duration {
	now := t.now()
	g.forget(now)
	switch {
	case g.isKnown(digest, now):
		return 0
	case g.isRepeated(digest):
		return g.repeats.shut(now)
	}
	closed := max(g.shut(now), t.server.shut(now))
	for _, from := range widerRanges(ip) {
		if b := t.rangeBudget(from); b != nil {
			closed = max(closed, b.shut(now))
		}
	}
	return closed
}

// shut is how long the client itself keeps its logins from being looked at. Where
// others are being looked at nobody knows for how long, so it is a guess.
func (g *guesser) shut(now time.Time) time.Duration {
	closed := g.closed.Sub(now)
	switch {
	case closed > 0:
		return closed
	case g.looks > 0 && g.guesses+g.looks > freeGuesses:
		return firstDelay
	}
	return 0
}

// isRepeated reports whether a login was wrong here not long ago.
func (g *guesser) isRepeated(digest loginDigest) bool { return slices.ContainsFunc(g.wrong, digest.is) }

// forget lets go of guesses that were long ago.
func (g *guesser) forget(now time.Time) {
	if now.Sub(g.last) < guessesForget {
		return
	}
	unseen := g.unseen
	g.clear()
	if now.Sub(g.turnedAway) < guessesForget {
		g.unseen = unseen
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

// forgetKnown reports whether a login was known to be right here; it is not any
// more.
func (g *guesser) forgetKnown(digest loginDigest) bool {
	before := len(g.known)
	g.known = slices.DeleteFunc(g.known, func(k knownLogin) bool { return digest.is(k.digest) })
	return len(g.known) < before
}

func (g *guesser) know(digest loginDigest, now time.Time) {
	g.known = slices.DeleteFunc(g.known, func(k knownLogin) bool { return digest.is(k.digest) || !now.Before(k.until) })
	if len(g.known) == mostKnown {
		g.known = slices.Delete(g.known, 0, 1)
	}
	g.known = append(g.known, knownLogin{digest, now.Add(knownFor)})
	g.wrong = slices.DeleteFunc(g.wrong, digest.is)
}

// hold takes one of the places to wait in, if there is one for a login of a client;
// release must follow. t.mu is held.
func (t *throttle) hold(g *guesser, digest loginDigest) bool {
	most := mostHeldOfOne
	if g.isRepeated(digest) {
		most = mostRepeatsHeld
	}
	if g.held >= most || t.held >= mostHeld {
		return false
	}
	g.held++
	t.held++
	t.put(g)
	return true
}

// release needs t.mu.
func (t *throttle) release(g *guesser) {
	g.held--
	t.held--
	t.put(g)
}

func (t *throttle) digest(login string) loginDigest {
	mac := hmac.New(sha256.New, t.key[:])
	mac.Write([]byte(login))
	return loginDigest(mac.Sum(nil)[:16])
}

// household is the addresses that an IP address is one client with. What is no
// address is one client with all others that are none.
func household(ip string) netip.Prefix {
	from, _ := conf.HouseholdOf(ip)
	return from
}
