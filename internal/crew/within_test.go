package crew

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestWithin(t *testing.T) {
	for _, test := range []struct {
		takes time.Duration // after the end of ctx
		ended bool
	}{
		{0, true},
		{2 * time.Second, true},
		{time.Minute, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, end := context.WithTimeout(t.Context(), time.Hour)
			defer end()
			began := time.Now()
			ended := Within(ctx, 3*time.Second, func(ctx context.Context) {
				<-ctx.Done()
				time.Sleep(test.takes)
			})
			if ended != test.ended {
				t.Errorf("work that takes %v more has ended: %v", test.takes, ended)
			}
			defer time.Sleep(test.takes) // the remaining work ends within the bubble
			if got, want := time.Since(began), time.Hour+min(test.takes, 3*time.Second); got != want {
				t.Errorf("it took %v, want %v", got, want)
			}
		})
	}
}
