package throttle

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

// FreeGuesses is how many different wrong logins cost a client nothing.
const FreeGuesses = 8

// The costs of further guesses, and the bounds of what is remembered.
const (
	firstDelay     = time.Second      // the cost of the first guess that is not free; each one after it costs twice as much,
	maxDelay       = 15 * time.Second // but no more than this
	maxHold        = 2 * time.Second  // a login that may be checked within this time waits,
	maxWait        = 10 * time.Second // but no longer than this, even if others come first
	maxHeld        = 1000             // logins of all clients that wait,
	maxHeldOfOne   = 100              // and of one client: a whole studio after a power cut,
	maxRepeatsHeld = 16               // of which few are repeated wrong logins
	guessesForget  = 10 * time.Minute // after the last guess
	pardonEvery    = time.Minute      // how often a right login may clear its client
	knownFor       = 24 * time.Hour   // how long a right login of a client is remembered
	knownPatience  = 1000             // logins turned away unchecked before known ones are too
	maxGuessers    = 10000            // clients that are remembered
	maxRanges      = 4096             // wider ranges of addresses that are remembered
	maxWrong       = 32               // wrong logins of a client that are remembered,
	maxKnown       = 4                // and right ones
	maxRejected    = 128              // see Reject
)

// newRangeBudget returns a budget for the guesses from a /56 or a /48: several times what
// one client has.
func newRangeBudget(bits int) *budget {
	if bits == 56 {
		return &budget{most: 4 * FreeGuesses, every: 10 * time.Second}
	}
	return &budget{most: 8 * FreeGuesses, every: 5 * time.Second}
}

// newServerBudget returns a budget for the guesses from everywhere. It is wide: it must
// slow down a botnet, but not a station whose listeners all have new passwords.
func newServerBudget() *budget { return &budget{most: 1000, every: time.Second} }

// newRepeatBudget returns a budget for the wrong logins that a client repeats. Encoders
// try again after 1 to 10 s, and a studio may have several.
func newRepeatBudget() *budget { return &budget{most: 128, every: 100 * time.Millisecond} }

// Throttle slows down clients that try one login after another.
//
// A guess is a wrong login that the client has not tried lately. A program that repeats a
// wrong password guesses nothing. Some guesses are free. After each further one, no login
// of the client is checked for a while: for one second at first, then for twice as long
// each time, up to maxDelay. A login that comes meanwhile waits if the rest of that time
// is short; otherwise it is refused unchecked, which costs the client nothing more. So a
// login from behind the same router as a guesser soon gets its turn.
//
// A check may take long, and the login may turn out to be a guess. So no more logins are
// checked at once than there are free guesses left, or one if there are none; the others
// wait. All encoders of a studio that come back in the same second get in, a few at a
// time, and trying many logins at once gains nothing.
//
// A right login clears the client, but not so often that the owner of one login could
// guess at others. A login that was right before, from the same client, is checked even
// while others are not, until very many others have been turned away.
//
// A client is an IPv4 address or the /64 of an IPv6 address. One customer may have
// thousands of /64s, and a botnet thousands of addresses. So each /56, each /48 and the
// whole server have a budget of guesses too, which known logins and repeated ones do not
// use.
//
// What is remembered is bounded. A client that guessed within guessesForget is never
// forgotten for a new one, and the budget of the whole server keeps such clients from
// filling the table. If they fill it all the same, new clients share one place. Safe for
// concurrent use.
type Throttle struct {
	// Now and Wait are the clock. Wait returns early when change is closed or ctx ends.
	// New sets them to the system's clock.
	Now  func() time.Time
	Wait func(ctx context.Context, change <-chan struct{}, d time.Duration)
	// Slow is called when a range of addresses begins to be slowed down. The zero Prefix
	// stands for all addresses.
	Slow func(from netip.Prefix, guesses int)
	key  [32]byte // of the digests, which are of no use without it

	mu        sync.Mutex
	addresses map[netip.Prefix]*guesser
	byUse     usage
	ranges    map[netip.Prefix]*budget // the /56s and /48s
	server    *budget
	held      int
}

// guesser is the state of a client.
type guesser struct {
	from       netip.Prefix
	guesses    int
	last       time.Time     // guess
	closed     time.Time     // until when no login is checked
	pardoned   time.Time     // when a right login cleared the client
	unseen     int           // logins turned away since,
	turnedAway time.Time     // and the time of the last of them
	looks      int           // logins that are being checked and may be guesses
	held       int           // logins that wait
	change     chan struct{} // closed and replaced when a check ends that others wait for
	wrong      []loginDigest
	known      []knownLogin  // the newest last
	rejected   []loginDigest // of pairs: see Reject
	repeats    *budget       // of repeated wrong logins
	place      place
}

type loginDigest [16]byte

func (d loginDigest) is(other loginDigest) bool { return hmac.Equal(d[:], other[:]) }

type knownLogin struct {
	digest loginDigest
	until  time.Time
}

// New returns a throttle that knows no client. Now, Wait and Slow may be replaced before
// its first use.
func New() *Throttle {
	t := &Throttle{
		Now:       time.Now,
		Wait:      waitFor,
		Slow:      func(netip.Prefix, int) {},
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

// Admit reports whether a login from an IP address may be checked, if need be after a
// wait. If so, closed is 0, and the caller must call done after it has checked the login
// and called Right or Wrong. Otherwise closed is how long no login from there is checked.
func (t *Throttle) Admit(ctx context.Context, ip netip.Addr, login string) (done func(), closed time.Duration) {
	from, digest := conf.ClientPrefix(ip), t.digest(login)
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.of(from)
	defer t.put(g)
	closed = t.shut(g, ip, digest)
	if 0 < closed && closed <= maxHold && t.hold(g, digest) {
		closed = t.await(ctx, g, ip, digest)
		t.release(g)
	}
	now := t.Now()
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

// await waits until a login may be checked, and returns for how much longer it may not. It
// gives up after maxWait, or when ctx ends. t.mu is held, but not during the wait.
func (t *Throttle) await(ctx context.Context, g *guesser, ip netip.Addr, digest loginDigest) (closed time.Duration) {
	until := t.Now().Add(maxWait)
	for {
		now := t.Now()
		closed = t.shut(g, ip, digest)
		if closed == 0 || closed > maxHold || !now.Before(until) || ctx.Err() != nil {
			return closed
		}
		change := g.change
		t.mu.Unlock()
		t.Wait(ctx, change, min(closed, until.Sub(now)))
		t.mu.Lock()
	}
}

// looked notes that a login has been checked.
func (t *Throttle) looked(g *guesser, ip netip.Addr, budgets []*budget) {
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

// Right notes that a login from an IP address is right.
func (t *Throttle) Right(ip netip.Addr, login string) {
	from, digest := conf.ClientPrefix(ip), t.digest(login)
	t.mu.Lock()
	defer t.mu.Unlock()
	g, now := t.of(from), t.Now()
	g.know(digest, now)
	if now.Sub(g.pardoned) >= pardonEvery {
		g.pardoned = now
		g.clear()
	}
	t.put(g)
}

// Wrong notes that a login from an IP address is wrong.
func (t *Throttle) Wrong(ip netip.Addr, login string) {
	for _, s := range t.count(ip, t.digest(login)) {
		t.Slow(s.from, s.guesses)
	}
}

// slowedRange is a range of addresses that begins to be slowed down.
type slowedRange struct {
	from    netip.Prefix
	guesses int
}

// count counts a wrong login, unless it is no guess. It returns the ranges that begin to
// be slowed down.
func (t *Throttle) count(ip netip.Addr, digest loginDigest) (begin []slowedRange) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g, now := t.of(conf.ClientPrefix(ip)), t.Now()
	defer t.put(g)
	g.forget(now)
	if g.isRepeated(digest) {
		return nil
	}
	g.wrong = remember(g.wrong, digest, maxWrong)
	g.last = now
	if g.forgetKnown(digest) {
		return nil // it was right: a program whose password has changed guesses nothing
	}
	g.guesses++
	if g.guesses > FreeGuesses {
		g.closed = now.Add(g.delay())
	}
	if g.guesses == FreeGuesses+1 {
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

// delay returns the cost of the newest guess.
func (g *guesser) delay() time.Duration {
	shift := min(g.guesses-FreeGuesses-1, 10)
	return min(firstDelay<<shift, maxDelay)
}

// remember appends a digest, unless it is there already. If there are then more than most,
// it removes the oldest.
func remember(digests []loginDigest, d loginDigest, most int) []loginDigest {
	switch {
	case slices.ContainsFunc(digests, d.is):
		return digests
	case len(digests) == most:
		digests = slices.Delete(digests, 0, 1)
	}
	return append(digests, d)
}

// shut returns how long a login of a client at an IP address is not checked; 0 if it may
// be now. t.mu is held.
func (t *Throttle) shut(g *guesser, ip netip.Addr, digest loginDigest) time.Duration {
	now := t.Now()
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

// shut returns how long the client's own guesses keep its logins from being checked. While
// others are being checked that is not known, and the result is an estimate.
func (g *guesser) shut(now time.Time) time.Duration {
	closed := g.closed.Sub(now)
	switch {
	case closed > 0:
		return closed
	case g.looks > 0 && g.guesses+g.looks > FreeGuesses:
		return firstDelay
	}
	return 0
}

// isRepeated reports whether a login was recently wrong here.
func (g *guesser) isRepeated(digest loginDigest) bool { return slices.ContainsFunc(g.wrong, digest.is) }

// forget drops guesses that were long ago.
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

// isKnown reports whether a login was recently right here, and may be checked while others
// may not.
func (g *guesser) isKnown(digest loginDigest, now time.Time) bool {
	return g.unseen < knownPatience && slices.ContainsFunc(g.known, func(k knownLogin) bool {
		return digest.is(k.digest) && now.Before(k.until)
	})
}

// forgetKnown reports whether a login was known to be right here, and forgets that it was.
func (g *guesser) forgetKnown(digest loginDigest) bool {
	before := len(g.known)
	g.known = slices.DeleteFunc(g.known, func(k knownLogin) bool { return digest.is(k.digest) })
	return len(g.known) < before
}

func (g *guesser) know(digest loginDigest, now time.Time) {
	g.known = slices.DeleteFunc(g.known, func(k knownLogin) bool { return digest.is(k.digest) || !now.Before(k.until) })
	if len(g.known) == maxKnown {
		g.known = slices.Delete(g.known, 0, 1)
	}
	g.known = append(g.known, knownLogin{digest, now.Add(knownFor)})
	g.wrong = slices.DeleteFunc(g.wrong, digest.is)
}

// hold takes one of the places to wait in, if there is one for a login of a client.
// release must follow. t.mu is held.
func (t *Throttle) hold(g *guesser, digest loginDigest) bool {
	most := maxHeldOfOne
	if g.isRepeated(digest) {
		most = maxRepeatsHeld
	}
	if g.held >= most || t.held >= maxHeld {
		return false
	}
	g.held++
	t.held++
	t.put(g)
	return true
}

// release gives the place back. t.mu is held.
func (t *Throttle) release(g *guesser) {
	g.held--
	t.held--
	t.put(g)
}

func (t *Throttle) digest(login string) loginDigest {
	mac := hmac.New(sha256.New, t.key[:])
	mac.Write([]byte(login))
	return loginDigest(mac.Sum(nil)[:16])
}
