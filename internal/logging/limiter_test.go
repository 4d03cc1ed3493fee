package logging

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func named(name string) client { return client{name: name} }

func at(n int) client {
	return client{prefix: netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 0, byte(n >> 8), byte(n)}), 32)}
}

func TestFirstLinesAreLoggedAtOnceThenFew(t *testing.T) {
	l := newLimiter()
	logged, told := 0, 0
	for i := range 6000 { // ten a second, for ten minutes
		if n, ok := l.take(start.Add(time.Duration(i)*100*time.Millisecond), zapcore.WarnLevel, "refused", at(1)); ok {
			logged, told = logged+1, told+n
			if i < perClient.burst && logged != i+1 {
				t.Fatalf("line %d is left out", i)
			}
		}
	}
	if want := perClient.burst + 60; logged < want-2 || logged > want+2 {
		t.Errorf("%d lines of 6000 are logged, want about %d", logged, want)
	}
	for _, out := range l.leftOut(start.Add(time.Hour)) {
		told += out.lines
	}
	if told+logged != 6000 {
		t.Errorf("%d lines are logged and %d are told of, want 6000", logged, told)
	}
	if _, ok := l.take(start.Add(time.Hour), zapcore.WarnLevel, "refused", at(1)); !ok {
		t.Error("the first line after an hour is left out")
	}
}

func TestOneClientDoesNotKeepOthersOut(t *testing.T) {
	l := newLimiter()
	for i := range 100_000 {
		l.take(start, zapcore.WarnLevel, "refused", at(i%30))
	}
	if _, ok := l.take(start, zapcore.WarnLevel, "refused", at(100)); !ok {
		t.Error("the first line of another client is left out")
	}
	if _, ok := l.take(start, zapcore.WarnLevel, "another message", at(1)); !ok {
		t.Error("the first line with another message is left out")
	}
}

func TestManyClientsTogetherAreLimited(t *testing.T) {
	l := newLimiter()
	logged, told := 0, 0
	for i := range 50_000 {
		if n, ok := l.take(start, zapcore.WarnLevel, "refused", named(fmt.Sprint(i))); ok {
			logged, told = logged+1, told+n
		}
	}
	if logged != perMessage.burst {
		t.Errorf("%d lines are logged at once, want %d", logged, perMessage.burst)
	}
	if l.order.Len() > maxCounts || len(l.counts) > maxCounts {
		t.Errorf("%d clients are remembered", l.order.Len())
	}
	out := l.leftOut(start)
	if len(out) != 1 || out[0].lines != 50_000-logged || out[0].clients != 50_000-logged {
		t.Errorf("left out: %+v", out)
	}
	if again := l.leftOut(start); len(again) != 0 {
		t.Errorf("told twice: %+v", again)
	}
	l.leftOut(start.Add(time.Hour))
	if l.order.Len() != 0 {
		t.Errorf("%d clients are remembered for ever", l.order.Len())
	}
}

func TestMessagesThatAreNotConstantAreBounded(t *testing.T) {
	l := newLimiter()
	logged := 0
	for i := range 100_000 {
		if _, ok := l.take(start, zapcore.WarnLevel, fmt.Sprint("refused ", i), named(strings.Repeat("x", 10_000))); ok {
			logged++
		}
	}
	if len(l.kinds) > maxKinds+1 || logged > maxKinds+1+perName.burst {
		t.Errorf("%d messages are remembered, and %d lines are logged", len(l.kinds), logged)
	}
	for key := range l.counts {
		if len(key.of.name) > maxName {
			t.Errorf("a name of %d bytes is kept", len(key.of.name))
		}
	}
}

func TestWhatIsOneClient(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"::ffff:192.0.2.1", "192.0.2.1", true},
		{"2001:db8::1", "2001:db8::ffff:1", true},
		{"2001:db8::1", "2001:db8:0:1::1", false},
		{"", "", true},
		{"", "192.0.2.1", false},
	} {
		a, _ := netip.ParseAddr(c.a)
		b, _ := netip.ParseAddr(c.b)
		if same := LimitPerClient(a).Interface == LimitPerClient(b).Interface; same != c.same {
			t.Errorf("%q and %q are one client: %v", c.a, c.b, same)
		}
	}
}

func TestLinesSayHowManyWereLeftOut(t *testing.T) {
	core, seen := observer.New(zapcore.DebugLevel)
	log := &Log{limits: newLimiter()}
	log.core = &limitedCore{Core: core, limits: log.limits}
	write := func(at time.Time, level zapcore.Level, fields ...zap.Field) {
		if c := zap.New(log.core).With(zap.String("mount", "/live"), LimitPer("/live")).Check(level, "source refused"); c != nil {
			c.Time = at
			c.Write(fields...)
		}
	}
	for range 100 {
		write(start, zap.WarnLevel)
	}
	if n := seen.Len(); n != perName.burst {
		t.Fatalf("%d lines", n)
	}
	seen.TakeAll()
	write(start.Add(time.Minute), zap.WarnLevel)
	if lines := seen.TakeAll(); len(lines) != 1 || lines[0].ContextMap()["left_out"] != int64(100-perName.burst) || lines[0].ContextMap()["mount"] != "/live" {
		t.Errorf("%+v", lines)
	}

	for range 30 {
		write(start.Add(time.Hour), zap.InfoLevel, LimitPerClient(netip.MustParseAddr("2001:db8::1")))
	}
	seen.TakeAll()
	log.tellLeftOut(start.Add(time.Hour))
	lines := seen.TakeAll()
	if len(lines) != 1 || lines[0].Level != zap.InfoLevel {
		t.Fatalf("%+v", lines)
	}
	if got := fmt.Sprint(lines[0].ContextMap()); got != "map[left_out:20 line:source refused of:2001:db8::/64]" {
		t.Error(got)
	}
}

func TestOneLineAMinute(t *testing.T) {
	l, logged := newLimiter(), 0
	for i := range 600 {
		n, ok := l.take(start.Add(time.Duration(i)*time.Second/2), zapcore.WarnLevel, "closed", client{rare: true})
		if ok && i > 0 && n != 119 {
			t.Errorf("%d lines are left out of a minute", n)
		}
		if ok {
			logged++
		}
	}
	if logged != 5 {
		t.Errorf("%d lines in five minutes", logged)
	}
}

func TestUnmarkedLinesAreNotLimited(t *testing.T) {
	core, seen := observer.New(zapcore.InfoLevel)
	log := zap.New(Limited(core))
	for range 1000 {
		log.Info("title", zap.String("mount", "/live"))
		log.Debug("nobody asked", LimitPer("/live"))
	}
	if seen.Len() != 1000 {
		t.Errorf("%d lines", seen.Len())
	}
}
