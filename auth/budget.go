package auth

import "time"

// budget bounds how many of something happen: so many at once and then one in
// each interval. What is being looked at may be one of them, so it takes a place
// until it is known. Guarded by throttle.mu.
type budget struct {
	most  int           // at once
	every time.Duration // after which one more may happen

	used  int       // of most
	since time.Time // when the last one that was used came back
	looks int       // logins that are being looked at and may be guesses
	told  bool      // that the budget was used up, since it was last unused
}

// settle gives back what time has given back.
func (b *budget) settle(now time.Time) {
	passed := now.Sub(b.since)
	if passed >= time.Duration(b.used)*b.every {
		b.used, b.since, b.told = 0, now, false
		return
	}
	back := max(passed/b.every, 0)
	b.used -= int(back)
	b.since = b.since.Add(back * b.every)
}

// shut returns how long nothing more may happen: 0 if something may now. While
// others are being looked at nobody knows for how long, so it is a guess.
func (b *budget) shut(now time.Time) time.Duration {
	b.settle(now)
	switch wait := b.every - now.Sub(b.since); {
	case b.used+b.looks < b.most:
		return 0
	case b.looks > 0:
		return min(firstDelay, wait)
	default:
		return wait
	}
}

// use notes that something happened, and reports whether the budget is used up
// for the first time since it was last unused.
func (b *budget) use(now time.Time) (usedUp bool) {
	b.settle(now)
	if b.used < b.most {
		b.used++
	}
	usedUp = b.used == b.most && !b.told
	b.told = b.told || usedUp
	return usedUp
}

// idle reports whether nothing is known of b that a new budget would not know.
func (b *budget) idle(now time.Time) bool {
	b.settle(now)
	return b.used == 0 && b.looks == 0
}
