package autodj

import "time"

// sameAgain is how often a track must fail before it counts as the only one left: a
// playlist may name a track twice in a row.
const sameAgain = 3

// trouble has the tracks of a player that have failed since it last played one. The
// zero value has none.
type trouble struct {
	inRow  int
	again  int            // how often a track failed that had failed sameAgain times
	failed map[string]int // number of failures of the first maxBroken of them, by name
}

// add notes a track that could not be played, and returns how long the player waits
// before the next one: longer and longer once all tracks have failed.
func (t *trouble) add(track Track) (rest time.Duration) {
	if t.failed == nil {
		t.failed = map[string]int{}
	}
	t.inRow++
	name := track.String()
	if n := t.failed[name]; n > 0 || len(t.failed) < maxBroken {
		t.failed[name] = n + 1
	}
	switch {
	case t.failed[name] >= sameAgain:
		t.again++
		return min(retryEmpty<<min(t.again-1, 8), maxRest)
	case t.inRow%maxBroken == 0:
		return retryEmpty
	}
	return 0
}

// isNew reports whether the log should name the last track: at its first failure,
// unless many have been named already.
func (t *trouble) isNew(track Track) bool {
	return t.inRow <= maxBroken && t.failed[track.String()] == 1
}
