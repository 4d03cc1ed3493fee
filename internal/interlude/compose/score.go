package main

// A bar is one line of the score. In keys, "/" parts the chords that share the
// bar; in bass and pluck the words share it evenly, "-" holds the note and "."
// is a rest. The drums have one digit a sixteenth, which is how hard to play.
type bar struct {
	keys  string
	bass  string
	pluck string
	brush string
	kick  string
}

// The piece is in E flat but opens on the fourth and comes home only in bar 9,
// in the middle of a phrase. Bar 12 borrows a D flat to fall into bar 1, so the
// ear hears that as the goal of a phrase rather than the start of a piece.
// The chords leave their root to the bass and move by as little as they can.
var score = [...]bar{
	{ // A flat maj9
		keys:  "G3+Bb3+C4+Eb4",
		bass:  "Ab1 - - Eb2 - - . G1",
		pluck: "C5 Eb5 G5 Bb5 . G5 Eb5 .",
		brush: "....5.......6..2", kick: "7.....3...5.....",
	},
	{ // G m11
		keys:  "F3+Bb3+C4+D4",
		bass:  "G1 - - D2 - - . Bb1",
		pluck: "D5 F5 Bb5 . G5 F5 . D5",
		brush: "....5..2....6...", kick: "6.........5.....",
	},
	{ // C m9
		keys:  "G3+Bb3+D4+Eb4",
		bass:  "C2 - - G1 - - . C2",
		pluck: "Eb5 G5 Bb5 D6 . Bb5 G5 .",
		brush: "....5.......6..2", kick: "7.....3...5.....",
	},
	{ // B flat 9sus
		keys:  "Ab3+C4+Eb4+F4",
		bass:  "Bb1 - - F2 - - . Bb1",
		pluck: "F5 Ab5 C6 . Bb5 . F5 .",
		brush: "....5..2....6.2.", kick: "6.........5.....",
	},
	{ // A flat maj9
		keys:  "G3+C4+Eb4+Bb4",
		bass:  "Ab1 - - Eb2 - - . Ab1",
		pluck: "C5 Eb5 G5 Bb5 C6 . G5 .",
		brush: "....5.......6..2", kick: "7.....3...5.....",
	},
	{ // G m11
		keys:  "F3+C4+D4+Bb4",
		bass:  "G1 - - D2 - - . G1",
		pluck: "D5 F5 C6 Bb5 . F5 . D5",
		brush: "....5..2....6...", kick: "6.........5.....",
	},
	{ // F m9
		keys:  "Eb3+Ab3+C4+G4",
		bass:  "F2 - - C2 - - . F2",
		pluck: "C5 Eb5 G5 . Ab5 G5 Eb5 .",
		brush: "....5.......6..2", kick: "7.....3...5.....",
	},
	{ // B flat 13sus
		keys:  "Ab3+C4+Eb4+G4",
		bass:  "Bb1 - - F2 - . D2 -",
		pluck: "Eb5 G5 . F5 . C5 Bb4 .",
		brush: "....5..2....6.2.", kick: "6.........5.....",
	},
	{ // E flat maj9
		keys:  "G3+Bb3+D4+F4",
		bass:  "Eb2 - - Bb1 - - . D2",
		pluck: "D5 F5 G5 Bb5 . D6 . Bb5",
		brush: "....5.......6..2", kick: "7.....3...5.....",
	},
	{ // C m11
		keys:  "G3+Bb3+Eb4+F4",
		bass:  "C2 - - G1 - - . Eb2",
		pluck: "Eb5 F5 Bb5 . G5 F5 . Eb5",
		brush: "....5..2....6...", kick: "6.........5.....",
	},
	{ // F m9
		keys:  "Ab3+C4+Eb4+G4",
		bass:  "F2 - - C2 - - . C2",
		pluck: "C5 Eb5 Ab5 G5 . Eb5 C5 .",
		brush: "....5.......6..2", kick: "7.....3...5.....",
	},
	{ // B flat m9, E flat 13sus
		keys:  "Ab3+C4+Db4+F4 / Ab3+C4+Db4+F4",
		bass:  "Bb1 - - . Eb2 - - Bb1",
		pluck: "Db5 F5 Ab5 . C5 F5 . Bb4",
		brush: "....5..2....6...", kick: "6.........5.....",
	},
}

// shaker is the same in every bar: what keeps time should not ask for notice.
const shaker = "5142514251425143"

// comping is how the electric piano plays a chord, in turn for odd and even
// bars: long on the one, then softer off the beat.
var comping = [2][]struct {
	step, length int
	velocity     float64
}{
	{{0, 6, 0.85}, {6, 10, 0.60}},
	{{0, 8, 0.80}, {8, 2, 0.35}, {10, 6, 0.55}},
}
