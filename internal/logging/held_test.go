package logging

import (
	"fmt"
	"sync"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
)

// Lines of several goroutines are logged once each, in the order in which they were
// added.
func TestHeldLinesKeepTheirOrder(t *testing.T) {
	var held Held
	var mu sync.Mutex
	var next int
	core, seen := observer.New(zapcore.InfoLevel)
	log := zap.New(core)
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for range 500 {
				func() {
					defer held.Write()
					mu.Lock()
					defer mu.Unlock()
					held.Add(log.Check(zap.InfoLevel, fmt.Sprint(next)), zap.Int("n", next))
					held.Add(log.Check(zap.DebugLevel, "nobody asked"))
					next++
				}()
			}
		})
	}
	running.Wait()
	if seen.Len() != 4000 {
		t.Fatalf("%d lines", seen.Len())
	}
	for i, line := range seen.All() {
		if line.Message != fmt.Sprint(i) || line.ContextMap()["n"] != int64(i) {
			t.Fatalf("line %d is %q", i, line.Message)
		}
	}
}
