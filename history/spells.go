package history

import (
	"cmp"
	"slices"
)

// spell is a period of time, in Unix ms.
type spell struct{ since, until int64 }

// spells are periods in any order, which may overlap.
type spells []spell

// union returns the same periods sorted and without overlaps. It reorders list.
func (list spells) union() spells {
	slices.SortFunc(list, func(a, b spell) int { return cmp.Compare(a.since, b.since) })
	var whole spells
	for _, one := range list {
		switch last := len(whole) - 1; {
		case one.until <= one.since:
		case last < 0 || one.since > whole[last].until:
			whole = append(whole, one)
		default:
			whole[last].until = max(whole[last].until, one.until)
		}
	}
	return whole
}

// within returns the union of the parts inside a span.
func (list spells) within(w span) spells {
	for i, one := range list {
		list[i].since, list[i].until = w.clip(one.since, one.until)
	}
	return list.union()
}

// total returns the total length of periods without overlaps.
func (list spells) total() (ms int64) {
	for _, one := range list {
		ms += one.until - one.since
	}
	return ms
}
