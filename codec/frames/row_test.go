package frames_test

import (
	"strings"
	"testing"

	"relay/codec/frames"
)

// letters is a codec whose headers have four bytes: "#", a letter for the stream and the
// size of the frame in two digits.
var letters = frames.Header{Sync: '#', Size: 4, Parse: func(b []byte) (int, uint32) {
	if len(b) < 4 || b[0] != '#' {
		return 0, 0
	}
	return int(b[2]-'0')*10 + int(b[3]-'0'), uint32(b[1])
}}

const a, b = "#a08....", "#b06.."

func TestRow(t *testing.T) {
	for _, tt := range []struct {
		bytes  string
		n, end int
		why    frames.End
	}{
		{a + a + a + a, 3, 24, frames.Enough},
		{a + a + "#a08", 3, 24, frames.Enough},
		{a + a, 2, 16, frames.Short},
		{a + a + "#a0", 2, 16, frames.Short},
		{a + "#a08..", 2, 16, frames.Short},
		{a + "ID", 1, 8, frames.Short},
		{a + "TAG", 1, 8, frames.Tagged},
		{a + a + b, 2, 16, frames.Changed},
		{a + "garbage", 1, 8, frames.Broken},
		{"garbage", 0, 0, frames.Broken},
		{"#a", 0, 0, frames.Short},
	} {
		if n, end, why := letters.Row([]byte(tt.bytes), 3); n != tt.n || end != tt.end || why != tt.why {
			t.Errorf("%q: %d headers, then %d at %d, want %d, then %d at %d", tt.bytes, n, why, end, tt.n, tt.why, tt.end)
		}
	}
}

// cut returns the frames of an input that arrives in portions, a "|" before each that does
// not continue the last one.
func cut(in *frames.Input, input string, portion int) string {
	var out strings.Builder
	next := func() {
		for b := in.Next(&letters); len(b) > 0; b = in.Next(&letters) {
			switch in.Judge(&letters, b) {
			case frames.Unsure:
				return
			case frames.None:
				in.Lose(1)
				continue
			}
			size, _ := letters.Parse(b)
			frame := string(b[:size])
			if in.Take(size) {
				out.WriteByte('|')
			}
			out.WriteString(frame)
		}
	}
	for len(input) > 0 {
		n := min(portion, len(input))
		in.Write([]byte(input[:n]))
		input = input[n:]
		next()
	}
	in.Finish()
	next()
	return out.String()
}

func TestInput(t *testing.T) {
	id3 := "ID3\x04\x00\x00\x00\x00\x00\x0a" + "#a08 title"
	for _, tt := range []struct{ what, input, want string }{
		{"frames", a + a + a, "|" + a + a + a},
		{"a tag before them", id3 + a + a + a, "|" + a + a + a},
		{"a tag behind them", a + a + a + "TAG" + strings.Repeat("#", 125), "|" + a + a + a},
		{"garbage between them", a + a + a + "garbage" + a + a + a, "|" + a + a + "|" + a + a + a},
		{"a frame that lost bytes", a + a + a[:7] + a + a + a, "|" + a + a + "|" + a + a + a},
		{"another format", a + a + b + b + b, "|" + a + a + b + b + b},
		{"a tag whose length is wrong", "ID3\x04\x00\x00\x00\x00\x7f\x7f" + strings.Repeat(a, 9), "|" + strings.Repeat(a, 9)},
	} {
		for _, portion := range []int{1, 7, 1000} {
			var in frames.Input
			if got := cut(&in, tt.input, portion); got != tt.want {
				t.Errorf("%s, %d bytes at once: %q, want %q", tt.what, portion, got, tt.want)
			}
			s := in.Stats()
			if sum := int64(len(strings.ReplaceAll(tt.want, "|", ""))) + s.Tags + s.Garbage; sum != int64(len(tt.input)) {
				t.Errorf("%s: %d bytes are accounted for of %d", tt.what, sum, len(tt.input))
			}
		}
	}
}
