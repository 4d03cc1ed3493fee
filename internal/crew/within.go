package crew

import (
	"context"
	"time"
)

// Within runs work with a context that ends with ctx. It returns when work has
// returned, or at the latest goodbye after the end of ctx. ended is false if work still
// runs then, for example because a disk does not answer.
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
