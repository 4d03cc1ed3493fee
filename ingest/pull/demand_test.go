package pull

import (
	"net"
	"testing"
	"testing/synctest"
	"time"
)

func TestRelayOnDemand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRelay(t, true, func(conn net.Conn) {
			says(titled(icecast, 2000, audio(1, 20), "Song"))(conn)
			plays("", 21)(conn)
		})
		m := r.registry.Find("/live")
		if m == nil || !m.Asleep() {
			t.Fatal("the mount is not there, or plays")
		}
		time.Sleep(time.Hour)
		if r.dials.Load() != 0 {
			t.Fatal("asked without a listener")
		}

		began := time.Now()
		done := m.Audience.Want()
		if err := m.WaitPlaying(t.Context()); err != nil || time.Since(began) > time.Second {
			t.Fatalf("the first listener waits: %v, %v", err, time.Since(began))
		}
		f := follow(t, m)
		done()
		time.Sleep(time.Hour)
		if r.dials.Load() != 1 || !sounds(m) || m.Programme().Title.Text != "Song" {
			t.Errorf("%d connections in an hour, %+v", r.dials.Load(), m.Programme())
		}

		m.Audience.Leave(&f.Listener, "left")
		time.Sleep(5 * time.Second)
		again := follow(t, m)
		time.Sleep(10 * time.Second)
		m.Audience.Leave(&again.Listener, "left")
		time.Sleep(9 * time.Second)
		if r.dials.Load() != 1 || !sounds(m) {
			t.Error("dropped too soon")
		}
		time.Sleep(2 * time.Second)
		if sounds(m) {
			t.Error("still pulled without a listener")
		}
		time.Sleep(time.Hour)
		if r.registry.Find("/live") != m || !m.Asleep() || m.Programme().Title.Text != "" {
			t.Errorf("after the last listener: %+v", m.Status())
		}
		if n := r.log.FilterMessage("relay has no stream").Len(); n > 0 {
			t.Error("intended silence is reported as a fault")
		}

		done = m.Audience.Want()
		defer done()
		if err := m.WaitPlaying(t.Context()); err != nil || r.dials.Load() != 2 {
			t.Errorf("%v, %d connections", err, r.dials.Load())
		}
		r.stop()
	})
}

// While a listener waits for an upstream that is away, it is asked often enough that
// the listener hears its return.
func TestRelayOnDemandOfAServerThatIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRelay(t, true, nil)
		m := r.registry.Find("/live")
		done := m.Audience.Want()
		time.Sleep(time.Hour)
		if r.dials.Load() < 600 || r.dials.Load() > 1600 {
			t.Errorf("asked %d times in an hour", r.dials.Load())
		}
		r.set("a:80", plays(icecast, 1))
		time.Sleep(maxWaitOnDemand + time.Second)
		if !sounds(m) {
			t.Error("the listener still waits")
		}
		done()
		r.set("a:80", nil)
		time.Sleep(time.Minute)
		asked := r.dials.Load()
		time.Sleep(time.Hour)
		if r.dials.Load() != asked {
			t.Errorf("asked %d times without a listener", r.dials.Load()-asked)
		}
		r.stop()
	})
}
