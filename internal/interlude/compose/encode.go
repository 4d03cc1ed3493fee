package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"strings"
)

// lameArgs ask for frames that can follow one another in a circle: constant
// bitrate, no bit reservoir (else a frame would borrow bytes from the one
// before it), no Info frame.
var lameArgs = []string{
	"--quiet", "-r", "-s", "44.1", "--bitwidth", "32", "--signed", "--little-endian",
	"-m", "j", "--cbr", "-b", "128", "--nores", "-t", "--noreplaygain", "-q", "0",
	"-", "-",
}

// encodeLoop encodes laps of the ring and keeps one from the middle. The first
// lap is where the encoder starts from silence, the last where it runs out;
// between them it must say the same thing every time round.
func encodeLoop(music ring) ([]byte, error) {
	const laps = 4
	if p := music.peak(); p >= 1 {
		return nil, fmt.Errorf("the music clips: its peak is %.2f of full scale", p)
	}
	mp3, err := lame(bytes.Repeat(pcm(music), laps))
	if err != nil {
		return nil, err
	}
	frames, err := split(mp3)
	if err != nil {
		return nil, err
	}
	if len(frames) < 3*loopFrames {
		return nil, fmt.Errorf("lame made %d frames, not the %d that hold two whole laps", len(frames), 3*loopFrames)
	}
	kept, next := frames[loopFrames:2*loopFrames], frames[2*loopFrames:3*loopFrames]
	for i := range kept {
		if !bytes.Equal(kept[i], next[i]) {
			return nil, fmt.Errorf("frame %d differs from lap to lap", i)
		}
	}
	return bytes.Join(kept, nil), nil
}

// lame pipes 32-bit samples through the encoder of that name.
func lame(samples []byte) ([]byte, error) {
	cmd := exec.Command("lame", lameArgs...)
	cmd.Stdin = bytes.NewReader(samples)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	mp3, err := cmd.Output()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, errors.New("the encoder lame is not installed (Debian: apt install lame)")
	case err != nil:
		return nil, fmt.Errorf("lame: %w: %s", err, strings.TrimSpace(complaint.String()))
	}
	return mp3, nil
}

// split parts a stream of 128 kbit/s, 44.1 kHz layer III frames.
func split(mp3 []byte) ([][]byte, error) {
	var frames [][]byte
	for at := 0; at < len(mp3); {
		rest := mp3[at:]
		if len(rest) < 4 || rest[0] != 0xff || rest[1] != 0xfb || rest[2]&^2 != 0x90 {
			return nil, fmt.Errorf("no frame of 128 kbit/s and 44.1 kHz at byte %d", at)
		}
		size := 144*128000/sampleRate + int(rest[2]>>1&1)
		if len(rest) < size {
			return nil, fmt.Errorf("the frame at byte %d is cut short", at)
		}
		frames = append(frames, rest[:size])
		at += size
	}
	return frames, nil
}

// pcm is the ring as interleaved 32-bit little-endian samples.
func pcm(r ring) []byte {
	out := make([]byte, 0, 8*loopSamples)
	for i := range r.left {
		out = binary.LittleEndian.AppendUint32(out, uint32(int32(r.left[i]*math.MaxInt32)))
		out = binary.LittleEndian.AppendUint32(out, uint32(int32(r.right[i]*math.MaxInt32)))
	}
	return out
}

// wave is the ring as a WAV file of 32-bit samples.
func wave(r ring) []byte {
	samples := pcm(r)
	var out []byte
	le := binary.LittleEndian
	out = append(out, "RIFF"...)
	out = le.AppendUint32(out, uint32(36+len(samples)))
	out = append(out, "WAVEfmt "...)
	out = le.AppendUint32(out, 16)
	out = le.AppendUint16(out, 1) // PCM
	out = le.AppendUint16(out, 2) // channels
	out = le.AppendUint32(out, sampleRate)
	out = le.AppendUint32(out, 8*sampleRate)
	out = le.AppendUint16(out, 8)
	out = le.AppendUint16(out, 32)
	out = append(out, "data"...)
	out = le.AppendUint32(out, uint32(len(samples)))
	return append(out, samples...)
}
