// Command compose plays relay's interlude on synthesised instruments and
// writes it as an MP3 that loops without a seam. There is no input but the score:
// on one kind of processor, with one version of Go and of lame, it writes the
// same bytes every time.
//
// Time is a ring here. Every instrument writes into a buffer whose end is its
// beginning, so a note struck in the last bar rings on into the first; every
// effect runs round the ring until its echoes have settled and only then is
// recorded; and the encoder hears several laps, of which one is kept.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	out := flag.String("o", "interlude/interlude.mp3", "write the MP3 to this `file`")
	wav := flag.String("wav", "", "also write the music before encoding to this `file`")
	flag.Parse()
	if err := run(*out, *wav); err != nil {
		fmt.Fprintln(os.Stderr, "compose:", err)
		os.Exit(1)
	}
}

func run(out, wav string) error {
	p, err := readScore(score)
	if err != nil {
		return fmt.Errorf("read the score: %w", err)
	}
	music := master(mix(p))
	if wav != "" {
		if err := os.WriteFile(wav, wave(music), 0o644); err != nil {
			return fmt.Errorf("write the music: %w", err)
		}
	}
	mp3, err := encodeLoop(music)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	if err := os.WriteFile(out, mp3, 0o644); err != nil {
		return fmt.Errorf("write the MP3: %w", err)
	}
	return nil
}
