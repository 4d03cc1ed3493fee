//go:build !race

package harness

// RaceDetector reports whether the tests have the race detector.
const RaceDetector = false
