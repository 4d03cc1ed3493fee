package crew

import (
	"context"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// diary records in words what workers did.
type diary struct {
	mu    sync.Mutex
	lines []string
	wrote chan struct{}
}

func (d *diary) write(line string) {
	d.mu.Lock()
	d.lines = append(d.lines, line)
	d.mu.Unlock()
	d.wrote <- struct{}{}
}

// next waits for n lines and returns them sorted.
func (d *diary) next(n int) []string {
	for range n {
		<-d.wrote
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	lines := d.lines
	d.lines = nil
	slices.Sort(lines)
	return lines
}

func TestWorkersFollowWhatIsWanted(t *testing.T) {
	d := &diary{wrote: make(chan struct{}, 100)}
	var mu sync.Mutex
	wanted := []string{"a", "b"}
	want := func(list ...string) { mu.Lock(); wanted = list; mu.Unlock() }
	first, second := make(chan struct{}), make(chan struct{})
	quit := make(chan struct{})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		Run(ctx,
			func() []string { mu.Lock(); defer mu.Unlock(); return slices.Clone(wanted) },
			func(ctx context.Context, task string) {
				d.write("start " + task)
				select {
				case <-ctx.Done():
				case <-quit:
				}
				d.write("end " + task)
			}, first, second)
	}()
	expect := func(lines ...string) {
		t.Helper()
		if got := d.next(len(lines)); !slices.Equal(got, lines) {
			t.Fatalf("got %q, want %q", got, lines)
		}
	}
	expect("start a", "start b")
	want("b", "c")
	first <- struct{}{}
	expect("end a", "start c")
	want("c", "c")
	second <- struct{}{}
	expect("end b")
	quit <- struct{}{} // a worker that ends by itself starts again while its task is wanted
	expect("end c", "start c")
	cancel()
	expect("end c")
	<-done
}
