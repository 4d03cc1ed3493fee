package auth

import (
	"context"
	"slices"
)

// fits tells whether a password that came from an IP address fits a hash, by
// trying it in its turn; looked is false when that did not come. pair stands for
// the two, and is another one when either has changed: what did not fit is not
// tried again, so a program that repeats the wrong login costs nobody his turn.
func (g *Gate) fits(ctx context.Context, ip, pair string, try func() bool) (right, looked bool) {
	if g.throttle.isMisfit(ip, pair) {
		return false, true
	}
	looked = g.hashing.inTurn(ctx, ip, func() { right = try() })
	if looked && !right {
		g.throttle.misfit(ip, pair)
	}
	return right, looked
}

// isMisfit tells whether a pair is remembered not to fit. Addresses do not share
// what they remember, so nobody can crowd out what another one's programs repeat.
func (t *throttle) isMisfit(ip, pair string) bool {
	from, digest := household(ip), t.digest(pair)
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(t.of(from).misfits, digest.is)
}

// misfit remembers a pair.
func (t *throttle) misfit(ip, pair string) {
	from, digest := household(ip), t.digest(pair)
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.of(from)
	g.misfits = remember(g.misfits, digest, mostMisfits)
}
