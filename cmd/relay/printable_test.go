package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"relay/conf"
)

// Text from a client cannot control a terminal that shows the log, and a reader of the
// log as JSON gets the original text.
func TestLogIsPrintable(t *testing.T) {
	const nasty = "a\x7f\u009b31m\u202e\u2028\U000e0001\x1b[2J é日🎵 b"
	for _, format := range []string{"console", "json"} {
		c := conf.Default().Log
		c.Format = format
		var out bytes.Buffer
		core := zapcore.NewCore(newEncoder(c), zapcore.AddSync(&out), zap.InfoLevel)
		zap.New(core).With(zap.String("mount", "/"+nasty)).Info("source refused "+nasty, zap.String("agent", nasty),
			zap.ByteString("raw", []byte("\x9b31m")), zap.Error(errors.New(nasty)), zap.Strings("names", []string{nasty}))
		line := strings.TrimSuffix(out.String(), "\n")
		if i := strings.IndexFunc(line, func(c rune) bool { return !unicode.IsPrint(c) }); i >= 0 {
			t.Errorf("%s: %q at %d of %q", format, line[i:min(i+8, len(line))], i, line)
		}
		for _, want := range []string{`\u007f\u009b31m\u202e\u2028\udb40\udc01`, "é日🎵 b"} {
			if strings.Count(line, want) != 5 {
				t.Errorf("%s: %s does not stand 5 times in %s", format, want, line)
			}
		}
		if format == "json" {
			var read map[string]any
			if err := json.Unmarshal([]byte(line), &read); err != nil || read["agent"] != nasty || read["mount"] != "/"+nasty {
				t.Errorf("%v: %q", err, read)
			}
		}
	}
}
