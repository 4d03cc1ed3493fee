package players

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const (
	// tooBusy is the share of the time in which programs have waited for a processor from
	// which on they are not judged by whether they run dry.
	tooBusy = 0.5

	// pressureSpan is the time over which that is measured.
	pressureSpan = 3 * time.Second
)

// pressure watches how busy the machine is, as Linux tells by /proc/pressure/cpu; without
// that file it never is.
type pressure struct{ high atomic.Bool }

// watchPressure watches until the test ends.
func watchPressure(t testing.TB) *pressure {
	p := &pressure{}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		waits := []time.Duration{waitedForCPU()} // one for each second
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Second):
			}
			waits = append(waits, waitedForCPU())
			from := waits[max(0, len(waits)-1-int(pressureSpan/time.Second))]
			p.high.Store(float64(waits[len(waits)-1]-from) > tooBusy*float64(pressureSpan))
		}
	}()
	t.Cleanup(func() {
		close(stop)
		<-stopped
	})
	return p
}

// waitedForCPU returns for how long some program has waited for a processor since the
// machine was started.
func waitedForCPU() time.Duration {
	text, _ := os.ReadFile("/proc/pressure/cpu")
	_, total, _ := strings.Cut(string(text), "total=") // of the line "some avg10=… total=…", in µs
	var micro int64
	fmt.Sscan(total, &micro)
	return time.Duration(micro) * time.Microsecond
}
