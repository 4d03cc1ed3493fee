package sources

import (
	"testing"
	"time"

	"relay/e2e/harness"
)

// A source at half speed is reported to the operator and the DJ, and so is its
// recovery.
func TestSourceAtHalfSpeedIsShown(t *testing.T) {
	t.Parallel()
	r := harness.Start(t, harness.Config)
	e := r.Encode(t, "/live")
	play := func(speed float64, enough <-chan struct{}) {
		began, played := time.Now(), time.Duration(0)
		for {
			select {
			case <-enough:
				return
			default:
			}
			e.SetDeadline(time.Now().Add(harness.Patience))
			if _, err := e.Write(e.Next()); err != nil {
				return
			}
			played += harness.Header128.Duration()
			time.Sleep(time.Until(began.Add(time.Duration(float64(played) / speed))))
		}
	}
	type reception struct {
		BitRate int  `json:"bitrate"`
		TooSlow bool `json:"too_slow"`
	}
	heard := func(path string) reception {
		var said struct {
			Reception reception
			Source    struct{ Reception reception }
		}
		r.JSON(t, path, &said)
		if said.Reception == (reception{}) {
			return said.Source.Reception
		}
		return said.Reception
	}
	slow := func() float64 {
		_, _, text := r.Get(t, "/metrics")
		v, _ := harness.Metric(text, `relay_mount_source_too_slow{mount="/live"}`)
		return v
	}
	enough, done := make(chan struct{}), make(chan struct{})
	go func() { play(.5, enough); close(done) }()
	for _, path := range []string{"/api/v1/mounts/live", "/api/v1/mounts/live/studio"} {
		harness.EventuallyIn(t, time.Minute, path+" to say so", func() bool {
			h := heard(path)
			return h.TooSlow && h.BitRate > 50 && h.BitRate < 80
		})
	}
	if slow() != 1 {
		t.Error("the metrics do not show it")
	}
	r.Says(t, "the source is too slow", `"kbit/s needed": 128`)
	close(enough)
	<-done
	enough = make(chan struct{})
	defer close(enough)
	go play(1, enough)
	harness.EventuallyIn(t, time.Minute, "it to recover", func() bool {
		h := heard("/api/v1/mounts/live")
		return !h.TooSlow && h.BitRate > 110 && slow() == 0
	})
	r.Says(t, "the source keeps up again")
	if n := r.Said("the source is too slow"); n != 1 {
		t.Errorf("it is logged %d times", n)
	}
}
