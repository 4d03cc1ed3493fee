package pull

import (
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// unlucky is a connection that panics in Read after some number of reads.
type unlucky struct {
	net.Conn
	reads int
}

func (u *unlucky) Read(b []byte) (int, error) {
	if u.reads--; u.reads < 0 {
		panic("a case nobody thought of")
	}
	return u.Conn.Read(b)
}

// Bytes that uncover a bug end only the current attempt: the mount waits, and the
// next attempt plays.
func TestABugEndsOneAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := startRelay(t, false, plays(icecast, 1))
		time.Sleep(10 * time.Second)
		for _, reads := range []int{0, 20} { // in the head, and in the stream
			r.spoil(reads)
			r.registry.Find("/live").Source().Kick() // so that the server is asked again
			time.Sleep(time.Minute)
			if m := r.registry.Find("/live"); m == nil || !sounds(m) {
				t.Fatalf("after a bug in read %d nothing plays", reads)
			}
		}
		bugs := r.log.FilterMessageSnippet("a bug in relay").All()
		if len(bugs) != 2 {
			t.Fatalf("the log says %v", bugs)
		}
		for _, bug := range bugs {
			facts := bug.ContextMap()
			if stack, _ := facts["stack"].(string); facts["panic"] != "a case nobody thought of" || !strings.Contains(stack, "bug_test.go") {
				t.Errorf("the log says %v", facts)
			}
		}
		r.stop()
	})
}

func TestABugEndsNoMaster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startMaster(t)
		list := recorded + "/one\n"
		s.list.Store(&list)
		s.spoil(0)
		time.Sleep(5 * time.Minute)
		if s.mounts() != "/one" || s.log.FilterMessageSnippet("a bug in relay").Len() != 1 {
			t.Errorf("mounts %q, and the log says %v", s.mounts(), s.log.All())
		}
		s.stop()
	})
}
