package throttle

import "time"

// budget bounds how many events happen: so many at once, and then one in each interval. A
// login that is being checked may be such an event, so it takes a place until the result
// is known. Guarded by Throttle.mu.
type budget struct {
	most  int           // at once
	every time.Duration // the interval in which one place becomes free

	used  int       // places, of most
	since time.Time // when a place last became free
	looks int       // logins that are being checked and may be guesses
	told  bool      // use has returned true since the budget was last full
}

// settle returns the places that time has freed.
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

// shut returns how long no more events may happen; 0 if one may now. While logins are
// being checked that is not known, and the result is an estimate.
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

// use notes an event, and reports whether it uses up the budget for the first time since
// the budget was last full.
func (b *budget) use(now time.Time) (usedUp bool) {
	b.settle(now)
	if b.used < b.most {
		b.used++
	}
	usedUp = b.used == b.most && !b.told
	b.told = b.told || usedUp
	return usedUp
}

// idle reports whether b is like a new budget.
func (b *budget) idle(now time.Time) bool {
	b.settle(now)
	return b.used == 0 && b.looks == 0
}
