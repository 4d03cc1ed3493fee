// Package codectest is shared by the tests of codecs. It runs decoders that people use, and
// cuts streams in portions.
//
//	in:   streams
//	out:  what decoders make of them and say about them; units
package codectest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"relay/codec"
)

// A Decoder is a program that plays a codec from its standard input.
type Decoder struct {
	Name    string
	Check   []string       // reports faults of the stream on standard error
	Decode  []string       // writes 16 bit samples to standard output
	Intro   string         // what ends an introduction that Check prints about every stream; empty: it prints none
	Chatter *regexp.Regexp // which lines Check prints about a stream without faults
}

// patience ends a program that waits for ever, as GStreamer may do instead of failing.
const patience = time.Minute

// Program returns where a program is. A missing one skips the test, or fails it where every
// program is required.
func Program(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("RELAY_E2E_REQUIRE") != "" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	return path
}

// Within returns a context that ends a program which waits for ever.
func Within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// Run returns what the decoder writes to standard output and standard error.
func (d Decoder) Run(t testing.TB, args []string, data []byte) (out, said []byte) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(Within(t), Program(t, d.Name), args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(data), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		fmt.Fprintln(&stderr, err)
	}
	return stdout.Bytes(), stderr.Bytes()
}

// Complaints returns what the decoder says about a stream, without its chatter.
func (d Decoder) Complaints(t testing.TB, data []byte) string {
	t.Helper()
	_, said := d.Run(t, d.Check, data)
	if d.Intro == "" {
		return WithoutChatter(string(said), d.Chatter)
	}
	_, after, begun := strings.Cut(string(said), d.Intro)
	if !begun {
		return string(said)
	}
	return WithoutChatter(after, d.Chatter)
}

// WithoutChatter returns the lines of a text that a pattern does not match.
func WithoutChatter(text string, chatter *regexp.Regexp) string {
	var list []string
	for _, line := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if !chatter.MatchString(line) {
			list = append(list, line)
		}
	}
	return strings.Join(list, "\n")
}

// Samples decodes a stream.
func (d Decoder) Samples(t testing.TB, data []byte) []byte {
	t.Helper()
	out, _ := d.Run(t, d.Decode, data)
	return out
}

// Cut writes b to a framer in portions, and returns copies of the units.
func Cut(f codec.Framer, b []byte, portion func() int) (list []codec.Unit) {
	pull := func() {
		for u, ok := f.Next(); ok; u, ok = f.Next() {
			u.Data = bytes.Clone(u.Data)
			list = append(list, u)
		}
	}
	for len(b) > 0 {
		n := min(portion(), len(b))
		f.Write(b[:n])
		b = b[n:]
		pull()
	}
	f.Finish()
	pull()
	return list
}
