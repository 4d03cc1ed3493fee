package main

// The length of the loop comes from the MP3, not from the music. At 128 kbit/s
// and 44.1 kHz a frame is 417 47/49 bytes, so the encoder's pattern of padded
// frames repeats every 49: the loop has to be a multiple of 49 frames for the
// pattern to close. 24 times 49 is also the size we may ship, and it makes
// 93.75 beats a minute, on which every sixteenth falls on a whole sample.
const (
	sampleRate   = 44100
	frameSamples = 1152
	loopFrames   = 24 * 49
	loopSamples  = loopFrames * frameSamples

	barSteps    = 16 // a step is a sixteenth
	stepSamples = loopSamples / (len(score) * barSteps)
	barSamples  = stepSamples * barSteps
)

// swing delays every second sixteenth by this many samples, an eighth of a
// step: enough to lean back, too little to shuffle.
const swing = stepSamples / 8

// stepStart is the sample on which a step begins, swung.
func stepStart(step int) int {
	return step*stepSamples + step%2*swing
}
