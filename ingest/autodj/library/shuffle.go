package library

import "math/bits"

// shuffled returns the i-th number of a permutation of the numbers below n that seed
// chooses. The permutation is computed, not kept in memory: a Feistel network of four
// rounds over the smallest even number of bits that holds n; results that are n or
// more are put through again.
func shuffled(i, n int, seed uint64) int {
	if n < 2 {
		return 0
	}
	half := (bits.Len(uint(n-1)) + 1) / 2
	mask := uint64(1)<<half - 1
	x := uint64(i)
	for {
		left, right := x>>half, x&mask
		for round := range uint64(4) {
			left, right = right, left^mix(right+seed+round<<32)&mask
		}
		if x = left<<half | right; x < uint64(n) {
			return int(x)
		}
	}
}

// mix is the finalizer of SplitMix64: each bit of the result depends on all bits of
// x.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
