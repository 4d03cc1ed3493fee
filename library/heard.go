package library

import (
	"hash/fnv"
	"slices"
)

// heard says of every number of an index whether it was played in this round:
// the only thing in memory that grows with the music, by one bit a track.
type heard []uint64

func newHeard(n int) heard { return make(heard, (n+63)/64) }

func (h heard) has(i int) bool { return h[i/64]>>(i%64)&1 != 0 }
func (h heard) add(i int)      { h[i/64] |= 1 << (i % 64) }

// movedTo returns what was heard of one index by the numbers of another.
func (h heard) movedTo(to, from *index) heard {
	var sums []uint64
	for i, path := range from.all() {
		if h.has(i) {
			sums = append(sums, sum(path))
		}
	}
	slices.Sort(sums)
	moved := newHeard(to.n)
	for i, path := range to.all() {
		if _, was := slices.BinarySearch(sums, sum(path)); was {
			moved.add(i)
		}
	}
	return moved
}

func sum(path []byte) uint64 {
	h := fnv.New64a()
	h.Write(path)
	return h.Sum64()
}
