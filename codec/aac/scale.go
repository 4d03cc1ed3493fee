package aac

// scaleCodes are the codes for differences of scalefactors up to 17 bits, by length and in
// order (table 4.A.1): each is the one before plus one, with zeros appended where codes
// get longer. The rest, which have 18 and 19 bits, are for differences of over 36 dB.
var scaleCodes = [...][]int{
	1:  {0},
	3:  {-1},
	4:  {1, -2, 2},
	5:  {-3, 3},
	6:  {-4, 4, -5, 5},
	7:  {6, -6, 7},
	8:  {-7, 8, -8, 9, -9},
	9:  {10, -10, -11, 11},
	10: {12, -12, 13, -13, 14, -14},
	11: {16, 15, 17, 18, -15, -17},
	12: {-16, 19, -18, -19, 20, -20},
	13: {21, -21, 22, -22, 23},
	14: {-23, -25, 25, -27, -24, -26, 24, -28},
	15: {27, 29, -30, -29},
	16: {26, -31, -34, -33, -32, -36, 28},
	17: {-35, -38, -37},
}

// readScale reads a difference of scalefactors. ok is false if its code is longer than
// those in scaleCodes.
func readScale(r *reader) (difference int, ok bool) {
	code, first := 0, 0
	for _, list := range scaleCodes[1:] {
		code, first = code<<1|r.read(1), first<<1
		if code-first < len(list) {
			return list[code-first], true
		}
		first += len(list)
	}
	return 0, false
}
