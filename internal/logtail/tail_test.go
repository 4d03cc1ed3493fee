package logtail

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"relay/conf"
)

// messages returns the messages of lines.
func messages(lines []Line) (list []string) {
	for _, l := range lines {
		list = append(list, l.Message)
	}
	return list
}

func numbers(from, to int) (list []string) {
	for n := from; n < to; n++ {
		list = append(list, fmt.Sprint(n))
	}
	return list
}

func TestTailKeepsTheLastLines(t *testing.T) {
	tail := New(zap.InfoLevel, 10)
	log := zap.New(tail.Core())
	if lines, next := tail.Last(5); lines == nil || len(lines) != 0 || next != 0 {
		t.Errorf("at the beginning: %v, %d", lines, next)
	}
	for _, number := range numbers(0, 25) {
		log.Info(number)
		log.Debug("not at this level")
	}
	for asked, want := range map[int][]string{-1: nil, 0: nil, 3: numbers(22, 25), 10: numbers(15, 25), 1000: numbers(15, 25)} {
		lines, next := tail.Last(asked)
		if got := messages(lines); fmt.Sprint(got) != fmt.Sprint(want) || next != 25 {
			t.Errorf("last %d: %v, next %d", asked, got, next)
		}
	}
	for _, c := range []struct {
		since int64
		want  []string
		lost  int64
	}{{20, numbers(20, 25), 0}, {15, numbers(15, 25), 0}, {12, numbers(15, 25), 3}, {25, nil, 0}, {-1, numbers(15, 25), 15}, {99, nil, 0}} {
		lines, lost, next := tail.Since(c.since)
		if got := messages(lines); fmt.Sprint(got) != fmt.Sprint(c.want) || lost != c.lost || next != 25 {
			t.Errorf("since %d: %v, lost %d, next %d", c.since, got, lost, next)
		}
	}
}

// A slow reader loses lines and learns how many; logging does not wait for it.
func TestTailIsWatched(t *testing.T) {
	tail := New(zap.DebugLevel, 100)
	log := zap.New(tail.Core())
	news, stop := tail.Watch()
	log.Info("first")
	<-news
	lines, lost, next := tail.Since(0)
	if len(lines) != 1 || lost != 0 {
		t.Fatalf("%v, lost %d", lines, lost)
	}

	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for _, number := range numbers(0, 1000) {
				log.Debug(number)
			}
		})
	}
	seen := int64(0)
	for seen < 4000 {
		<-news
		lines, lost, next = tail.Since(next)
		seen += int64(len(lines)) + lost
	}
	writers.Wait()
	if seen != 4000 || next != 4001 {
		t.Errorf("saw or lost %d lines of 4000; the next is %d", seen, next)
	}
	stop()
	log.Info("nobody watches")
	if len(tail.watching) != 0 {
		t.Error("the watch goes on")
	}
}

func TestTailLineAsJSON(t *testing.T) {
	tail := New(zap.InfoLevel, 1)
	log := zap.New(tail.Core()).With(zap.String("mount", "/live"))
	log.With(zap.String("ip", "192.0.2.1")) // does not affect the next line
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	entry := log.Check(zap.WarnLevel, "source left")
	entry.Time = at
	entry.Write(zap.Duration("stayed", 1500*time.Millisecond), zap.Int64("frames", 7), zap.Error(errors.New("reset")),
		zap.Stringer("input", zapcore.InfoLevel), zap.Any("password", conf.Secret("hackme")))
	lines, _ := tail.Last(1)
	text, err := json.Marshal(lines[0])
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "hackme") {
		t.Error("a secret is in the tail")
	}
	for _, want := range []string{`{"time":"2026-01-02T03:04:05Z","level":"warn","message":"source left","fields":{`,
		`"mount":"/live"`, `"stayed":1.5`, `"frames":7`, `"error":"reset"`, `"input":"info"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	if strings.Contains(string(text), "192.0.2.1") {
		t.Errorf("another logger's field in %s", text)
	}
}

// Text from a client cannot fill the memory.
func TestTailCutsLongWords(t *testing.T) {
	tail := New(zap.InfoLevel, 1)
	long := strings.Repeat("ä", 5000) // of two bytes each
	zap.New(tail.Core()).Info("x"+long, zap.String("agent", long))
	lines, _ := tail.Last(1)
	agent, _ := lines[0].Fields["agent"].(string)
	if want := strings.Repeat("ä", 500) + "…"; agent != want || len(lines[0].Message) > 1010 || strings.ContainsRune(lines[0].Message, '\uFFFD') {
		t.Errorf("%d and %d bytes are kept", len(agent), len(lines[0].Message))
	}
}
