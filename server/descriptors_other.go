//go:build !unix

package server

import "math"

// descriptors is how many files and connections the system lets the program
// have open at once: no number is known here.
func descriptors() int { return math.MaxInt }
