package crew

import (
	"context"
	"time"
)

// Within does work until ctx ends, and returns when work has, or at the latest
// after another goodbye. ended is false when work was left behind then, as by a
// disk that does not answer.
func Within(ctx context.Context, goodbye time.Duration, work func(context.Context)) (ended bool) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		work(ctx)
	}()
	<-ctx.Done()
	late := time.NewTimer(goodbye)
	defer late.Stop()
	select {
	case <-done:
		return true
	case <-late.C:
		return false
	}
}
