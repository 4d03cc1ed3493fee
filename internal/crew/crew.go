// Package crew runs goroutines: one for each task of a changing set, or one with a time
// limit for its end.
package crew

import (
	"context"
	"sync"
)

// Run runs work for every task in wanted(), and for no other, until ctx ends and all
// workers have returned. The context of a worker ends when its task is no longer
// wanted. Run calls wanted again after a worker has ended, and whenever one of the
// channels in again delivers a value.
func Run[T comparable](ctx context.Context, wanted func() []T, work func(context.Context, T), again ...<-chan struct{}) {
	var running sync.WaitGroup
	defer running.Wait()
	look := make(chan struct{}, 1)
	for _, signal := range again {
		running.Go(func() { forward(ctx, signal, look) })
	}
	ended := make(chan T)
	stop := map[T]context.CancelFunc{}
	defer func() {
		for _, cancel := range stop {
			cancel()
		}
	}()
	for {
		now := map[T]bool{}
		for _, task := range wanted() {
			now[task] = true
			if stop[task] != nil {
				continue
			}
			working, cancel := context.WithCancel(ctx)
			stop[task] = cancel
			running.Go(func() {
				work(working, task)
				cancel()
				select {
				case ended <- task:
				case <-ctx.Done():
				}
			})
		}
		for task, cancel := range stop {
			if !now[task] {
				cancel()
			}
		}
		select {
		case task := <-ended:
			delete(stop, task)
		case <-look:
		case <-ctx.Done():
			return
		}
	}
}

// forward passes signals on until ctx ends. A signal that is already waiting also
// stands for later ones.
func forward(ctx context.Context, from <-chan struct{}, to chan<- struct{}) {
	for {
		select {
		case <-from:
		case <-ctx.Done():
			return
		}
		select {
		case to <- struct{}{}:
		default:
		}
	}
}
