// Package interlude is the music a mount plays while no DJ is connected and
// nothing else was configured: thirty seconds that ship inside the binary.
// The piece was written for relay and is synthesised note by note by the
// program in compose, so it is free of anybody else's rights; to change it,
// edit the score there and run go generate (it needs the encoder lame).
package interlude

import _ "embed"

//go:generate go run ./compose -o interlude.mp3

// Title and Artist name the piece in the form a player shows,
// "relay - The Lamp Stays On".
const (
	Title  = "The Lamp Stays On"
	Artist = "relay"
)

// MP3 is the piece as bare MPEG-1 layer III frames, 128 kbit/s, 44.1 kHz,
// joint stereo: no ID3 tag, no Xing or Info frame. It is 1176 frames, 30.72
// seconds, and is meant to be played end to end for as long as it takes: the
// echoes of the last bar sound under the first, no frame borrows bits from the
// one before, and the padding pattern closes on itself, so every frame may
// follow its neighbour, the first may follow the last, and a listener may join
// at any of them. Treat it as read-only.
//
//go:embed interlude.mp3
var MP3 []byte
