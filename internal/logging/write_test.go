package logging

import (
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

func TestWriteWithin(t *testing.T) {
	var out reader
	if !WriteWithin(&out, []byte("banner\n"), patience) || out.String() != "banner\n" {
		t.Errorf("wrote %q", out.String())
	}
	stalled, went := make(chan struct{}), make(chan struct{})
	if WriteWithin(writerFunc(func(b []byte) (int, error) { <-stalled; close(went); return len(b), nil }), []byte("banner\n"), time.Millisecond) {
		t.Error("a writer that blocks has written")
	}
	close(stalled)
	<-went
}

// Messages of libraries get a constant message and are limited for the client that they
// name.
func TestLinesOfLibraries(t *testing.T) {
	core, seen := observer.New(zapcore.InfoLevel)
	std := NewStd(zap.New(Limited(core)), "a request could not be answered")
	for range 50 {
		std.Printf("http: TLS handshake error from 192.0.2.1:%d: EOF", 1000+seen.Len())
	}
	std.Print("http: panic serving [2001:db8::1]:80: out of luck\ngoroutine 7 [running]:")
	std.Print("http: superfluous call")
	lines := seen.All()
	if len(lines) != perClient.burst+2 {
		t.Fatalf("%d lines", len(lines))
	}
	for _, line := range lines {
		said, _ := line.ContextMap()["problem"].(string)
		if line.Message != "a request could not be answered" || !strings.HasPrefix(said, "http: ") {
			t.Errorf("%+v", line)
		}
	}
}
