// Package underlock has what the check of lines under locks must find, marked
// "found", and what it must not.
package underlock

import (
	"fmt"
	"log"
	"os"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"relay/internal/logging"
)

type thing struct {
	log  *zap.Logger
	held logging.Held
	mu   sync.Mutex
	n    int
	tell func()
}

func (t *thing) direct() {
	t.mu.Lock()
	t.log.Info("line") // found
	t.mu.Unlock()
	t.log.Info("line")
}

func (t *thing) deferredUnlock() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.log.Warn("line") // found
}

func (t *thing) deferredLine() {
	t.mu.Lock()
	defer t.mu.Unlock()
	defer t.log.Warn("line") // found
}

func (t *thing) deferredLineAfterUnlock() {
	defer t.log.Warn("line")
	t.mu.Lock()
	defer t.mu.Unlock()
}

func (t *thing) onOnePath(n int) { // found: what is held at the end depends
	if n > 0 {
		t.mu.Lock()
		t.n = n
	}
	for range n {
		t.log.With(zap.Int("n", n)).Error("line") // found
	}
	if n > 0 {
		t.mu.Unlock()
	}
}

func (t *thing) byCallee() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.one() // found
}

func (t *thing) one() { t.two() }

func (t *thing) two() {
	if checked := t.log.Check(zap.InfoLevel, "line"); checked != nil {
		checked.Write()
	}
}

func (t *thing) byFieldOfFunctionType() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tell() // found
}

func newThing(l *zap.Logger) *thing {
	t := &thing{log: l}
	t.tell = func() { l.Info("line") }
	return t
}

type teller interface{ say() }

func (t *thing) say() { t.log.Info("line") }

type mute struct{}

func (mute) say() {}

func underReadLock(mu *sync.RWMutex, all []teller) {
	mu.RLock()
	defer mu.RUnlock()
	for _, one := range all {
		one.say() // found
	}
}

func useThem(l *zap.Logger) {
	t := newThing(l)
	underReadLock(&sync.RWMutex{}, []teller{t, mute{}})
	t.byCallback(func(int) { l.Info("line") })
	o := &other{of: t}
	o.embedded()
	o.ofAnother()
}

func (t *thing) byCallback(do func(int)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	do(1) // found
}

func (t *thing) byForeignCode(all []int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	slices.SortFunc(all, func(a, b int) int { // found
		t.log.Debug("line")
		return a - b
	})
}

func (t *thing) byLibrary() {
	t.mu.Lock()
	defer t.mu.Unlock()
	log.Print("line")             // found
	fmt.Println("line")           // found
	fmt.Fprintln(os.Stderr, t.n)  // found
	os.Stdout.WriteString("line") // found
}

func (t *thing) returnsLocked() { // found
	t.mu.Lock()
}

type other struct {
	sync.Mutex
	of *thing
}

func (o *other) embedded() {
	o.Lock()
	defer o.Unlock()
	o.of.log.Info("line") // found
}

func (o *other) ofAnother() {
	o.of.mu.Lock()
	defer o.of.mu.Unlock()
	o.of.log.Info("line") // found
}

func inAnotherGoroutine(t *thing) {
	var running sync.WaitGroup
	defer running.Wait()
	t.mu.Lock()
	defer t.mu.Unlock()
	go t.say()
	running.Go(func() { t.log.Info("line") })
	time.AfterFunc(time.Second, func() { t.log.Info("line") })
}

func (t *thing) unlocksBefore(n int) {
	t.mu.Lock()
	if n == 0 {
		t.mu.Unlock()
		t.log.Info("line")
		return
	}
	t.n = n
	t.mu.Unlock()
	t.log.Info("line")
}

func (t *thing) releasesForAWhile() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wait()
	t.log.Info("line") // found
}

// wait is called with t.mu held.
func (t *thing) wait() {
	t.mu.Unlock()
	time.Sleep(time.Second)
	t.mu.Lock()
}

func (t *thing) holdsTheLine() {
	defer t.held.Write()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.held.Add(t.log.Check(zap.InfoLevel, "line"), zap.Int("n", t.n))
}
