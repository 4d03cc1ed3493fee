package library

import (
	"hash/fnv"
	"slices"
)

// heard has a bit for every number of an index: whether the track was played in this
// round. It is the only thing in memory that grows with the music.
type heard []uint64

func newHeard(n int) heard { return make(heard, (n+63)/64) }

func (h heard) has(i int) bool { return h[i/64]>>(i%64)&1 != 0 }
func (h heard) add(i int)      { h[i/64] |= 1 << (i % 64) }

// movedTo returns h, which is by the numbers of from, by the numbers of to.
func (h heard) movedTo(to, from *index) heard {
	var sums []uint64
	for i, path := range from.all() {
		if h.has(i) {
			sums = append(sums, sum(path))
		}
	}
	slices.Sort(sums)
	return heardOf(to, sums)
}

// heardOf returns the tracks of an index whose paths have one of the sums, which are
// sorted.
func heardOf(x *index, sums []uint64) heard {
	h := newHeard(x.n)
	for i, path := range x.all() {
		if _, was := slices.BinarySearch(sums, sum(path)); was {
			h.add(i)
		}
	}
	return h
}

func sum(path []byte) uint64 {
	h := fnv.New64a()
	h.Write(path)
	return h.Sum64()
}
