package aac

import "relay/codec"

// Kept is the memory a framer holds, in bytes.
func Kept(f codec.Framer) int { return f.(*framer).Kept() }

// EndsInSBR exports endsInSBR to tests.
func EndsInSBR(frame []byte) bool {
	h, ok := ParseHeader(frame)
	return ok && endsInSBR(h, frame)
}
